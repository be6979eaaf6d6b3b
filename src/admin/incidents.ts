import type { AnyElysia } from "elysia";
import { GatewayError } from "../errors.ts";
import type { LimitedReport } from "../observe/incidents/limited.ts";
import { json } from "./json.ts";
import type { AdminView } from "./view.ts";

const MOST_ERRORS = 500;
/** Clients that are told of: those refused most often. */
const MOST_CLIENTS = 50;

/** The endpoints about what went wrong of late. */
export function addIncidents(app: AnyElysia, view: AdminView): AnyElysia {
  return app
    .get("/api/errors", async ({ request }) => {
      const limit = limitOf(request);
      const errors = (await view.errors(limit)).slice(0, limit);
      return json({ errors: errors.map(({ at, ...error }) => ({ at: isoOf(at), ...error })) });
    })
    .get("/api/limited", async () => json(limitedReport(await view.limited())));
}

function limitOf(request: Request): number {
  const text = URL.parse(request.url)?.searchParams.get("limit") ?? "100";
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return Math.min(limit, MOST_ERRORS);
  throw new GatewayError("bad_request", { detail: `limit: expected a whole number from 1 to ${MOST_ERRORS}` });
}

function limitedReport({ since, clients }: LimitedReport) {
  const top = clients.toSorted((a, b) => b.refused - a.refused || b.lastAt - a.lastAt).slice(0, MOST_CLIENTS);
  return { since: isoOf(since), clients: top.map(({ lastAt, ...client }) => ({ ...client, lastAt: isoOf(lastAt) })) };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
