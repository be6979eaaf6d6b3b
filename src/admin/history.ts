import type { AnyElysia } from "elysia";
import { GatewayError } from "../errors.ts";
import { type History, STEPS } from "../history/history.ts";

const HEADERS = { "content-type": "application/json;charset=utf-8", "cache-control": "no-store" };
/** Text that is written at a time, in UTF-16 units: requests are served in between. */
const TURN = 65_536;

/** The endpoint that tells how requests went lately: `step` and `seconds` in seconds, `since` in ms since 1970. */
export function addHistory(app: AnyElysia, history: History): AnyElysia {
  return app.get("/api/history", async ({ query }) => {
    const { step = 1, since = 0, seconds = Number.POSITIVE_INFINITY } = numbersOf(query);
    const pieces = history.json(step, since, seconds);
    if (pieces !== undefined) return new Response(await written(pieces), { headers: HEADERS });
    throw new GatewayError("bad_request", { detail: `Expected a step of ${STEPS.join(" or ")} seconds` });
  });
}

/** At our own pace, not the reader's: what is told of must still be there. */
async function written(pieces: Iterable<string>): Promise<string> {
  let text = "";
  let pauseAt = TURN;
  for (const piece of pieces) {
    text += piece;
    if (text.length < pauseAt) continue;
    await new Promise((resolve) => setImmediate(resolve));
    pauseAt = text.length + TURN;
  }
  return text;
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
