import type { AnyElysia } from "elysia";
import { GatewayError } from "../errors.ts";
import { type History, STEPS } from "../history/history.ts";
import { json } from "./json.ts";

/** The endpoint that tells how requests went lately: `step` and `seconds` in seconds, `since` in ms since 1970. */
export function addHistory(app: AnyElysia, history: History): AnyElysia {
  return app.get("/api/history", ({ query }) => {
    const { step = 1, since = 0, seconds = Number.POSITIVE_INFINITY } = numbersOf(query);
    const report = history.report(step, since, seconds);
    if (report !== undefined) return json(report);
    throw new GatewayError("bad_request", { detail: `Expected a step of ${STEPS.join(" or ")} seconds` });
  });
}

function numbersOf(query: Readonly<Record<string, unknown>>): { step?: number; since?: number; seconds?: number } {
  const given = ["step", "since", "seconds"].filter((name) => query[name] !== undefined);
  return Object.fromEntries(
    given.map((name) => {
      const value = query[name] === "" ? Number.NaN : Number(query[name]);
      if (Number.isFinite(value) && value >= 0) return [name, value];
      throw new GatewayError("bad_request", { detail: `Expected ${name} to be a number, not below 0` });
    }),
  );
}
