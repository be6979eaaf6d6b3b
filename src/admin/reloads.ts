import type { AnyElysia } from "elysia";
import { GatewayError } from "../errors.ts";
import type { Prints } from "../reload/prints.ts";
import type { ReloadControl } from "../reload/report.ts";
import { json } from "./json.ts";

/** Letters of a salt that a plan is asked with, at most. */
const LONGEST_SALT = 200;

/** The endpoints about the configuration: what is at work, take over what is written now, and what that would change. */
export function addReloads(app: AnyElysia, reloads: ReloadControl): AnyElysia {
  return app
    .get("/api/config", () => json(reloads.report()))
    .post(
      "/api/reload",
      async () => {
        const report = await reloads.reload("admin");
        return json(report, report.result === "failed" ? 422 : 200);
      },
      { parse: "none" },
    )
    .post("/api/plan", async ({ request }) => json(await plan(request, reloads)), { parse: "none" });
}

async function plan(request: Request, reloads: ReloadControl) {
  const asked: unknown = await request.json().catch(() => undefined);
  if (!isPlan(asked)) throw new GatewayError("bad_request", { detail: 'Expected { "salt", "prints" }' });
  return reloads.plan(asked.salt, asked.prints);
}

function isPlan(value: unknown): value is { readonly salt: string; readonly prints: Prints } {
  if (typeof value !== "object" || value === null || !("salt" in value) || !("prints" in value)) return false;
  const { salt, prints } = value;
  if (typeof salt !== "string" || salt === "" || salt.length > LONGEST_SALT) return false;
  return isMap(prints) && Object.values(prints).every((part) => isMap(part) && Object.values(part).every(isText));
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}
