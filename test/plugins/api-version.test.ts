import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { testPlugin } from "../../src/testing.ts";

const PROJECT = join(import.meta.dir, "../..");

/** The example, found by its path as a configuration names it. */
async function example(): Promise<Plugin> {
  const registry = await createRegistry(join(PROJECT, "plugins"));
  const found = await registry.find("./examples/plugins/api-version.ts", PROJECT);
  if (found === undefined || "problem" in found) throw new Error(found?.problem ?? "not found");
  return found;
}

const options = { supported: ["1", "2"], default: "2", sunset: { "1": "2030-12-31" } };

describe("the example plugin", () => {
  test("lets a version through that is supported", async () => {
    const t = await testPlugin(await example(), options);
    const { ctx, reply } = await t.request({ headers: { "X-Api-Version": "2" } });
    expect(reply.status).toBe(200);
    expect(reply.headers.has("sunset")).toBe(false);
    expect(ctx.request.headers.getAll("x-api-version")).toEqual(["2"]);
  });

  test("tells the service the default, or refuses where there is none", async () => {
    const t = await testPlugin(await example(), options);
    expect((await t.request()).ctx.request.headers.get("x-api-version")).toBe("2");
    const strict = await testPlugin(await example(), { supported: ["1", "2"] });
    expect((await strict.request()).reply.status).toBe(400);
  });

  test("refuses a version that there is not, and names those there are", async () => {
    const t = await testPlugin(await example(), options);
    const { reply, outcome } = await t.request({ headers: { "x-api-version": "3" } });
    expect(reply.status).toBe(400);
    expect(await reply.body.json(1_000)).toMatchObject({ detail: "The header x-api-version has to be one of: 1, 2" });
    expect(outcome.attempts).toBe(0);
  });

  test("announces the last day of a version that will go", async () => {
    const t = await testPlugin(await example(), options);
    const { reply, logs } = await t.request({ headers: { "x-api-version": "1" } });
    expect(reply.headers.get("sunset")).toBe("Tue, 31 Dec 2030 23:59:59 GMT");
    expect(logs[0]).toMatchObject({ level: "debug", fields: { version: "1" } });
  });

  test("refuses a default that is not supported, and what is no day", async () => {
    const plugin = await example();
    await expect(testPlugin(plugin, { supported: ["1"], default: "2" })).rejects.toThrow("default: 2 is not supported");
    const sunset = { "1": "soon" };
    await expect(testPlugin(plugin, { supported: ["1"], sunset })).rejects.toThrow("needs a day such as 2030-12-31");
  });
});
