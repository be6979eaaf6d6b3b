import { expect } from "bun:test";
import { randomSeed } from "../../../src/identity/api-key/key-text.ts";
import type { testPlugin } from "../../../src/testing.ts";

/** What most keys of the tests are made with. */
export const HOLDER = { scopes: ["orders:read"], metadata: {}, owner: "shop", tier: "pro" };

export type Plugin = Awaited<ReturnType<typeof testPlugin>>;

/** Asks an endpoint of the plugin, as the admin port does. */
export async function post(t: Plugin, path: string, body: unknown = {}, seed = randomSeed()) {
  const response = await t.admin.handle(
    new Request(`http://admin${path}`, { method: "POST", headers: { "x-key-seed": seed }, body: JSON.stringify(body) }),
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export async function issue(t: Plugin, holder: Record<string, unknown> = HOLDER): Promise<{ id: string; key: string }> {
  const { status, body } = await post(t, "/keys", holder);
  expect(status).toBe(201);
  return { id: String(body.id), key: String(body.key) };
}

export const withKey = (key: string) => ({ headers: { "x-api-key": key } });
