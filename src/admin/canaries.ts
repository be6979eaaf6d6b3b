import type { AnyElysia } from "elysia";
import { didYouMean } from "../config/nearest.ts";
import { GatewayError } from "../errors.ts";
import type { CanaryOrder } from "../traffic/canary-record.ts";
import type { CanaryView } from "../traffic/canary-report.ts";
import type { CanaryOrders } from "./canary-orders.ts";
import { json } from "./json.ts";
import { quoted } from "./quoted.ts";
import { expectAnswers, silentWorkers } from "./silent-workers.ts";
import type { AdminView } from "./view.ts";

const KEYS = ["route", "action"];
const ACTIONS = ["promote", "pause", "resume", "abort"] as const;
const EXPECTED = 'Expected { "route": "orders", "action": "pause" }';

interface Order {
  readonly route: string;
  readonly action: (typeof ACTIONS)[number];
}

/** The endpoints that tell how canaries are doing, and decide about them. */
export function addCanaries(app: AnyElysia, view: AdminView, orders: CanaryOrders): AnyElysia {
  return app
    .get("/api/canaries", async () => json({ canaries: (await view.canaries()).map(report), ...silentWorkers(view) }))
    .post(
      "/api/canaries",
      async ({ request }) => {
        const asked = orderOf(await request.json());
        return orders.inTurn(async () => {
          const known = await view.canaries();
          expectAnswers(view);
          const canary = find(asked, known);
          const order = decide(asked.action, canary, Date.now());
          if (order !== undefined) await orders.give({ run: canary.run, order }, canary.route, canary.service);
          const after = (await view.canaries()).find(({ run }) => run === canary.run);
          if (after !== undefined) return json({ ...report(after), ...silentWorkers(view) });
          throw new GatewayError("overloaded", { detail: "It is ordered, but no worker has answered since" });
        });
      },
      { parse: "none" },
    );
}

/** Without what only orders are made of. */
function report({ run: _run, order: _order, elapsedMs: _elapsed, stepMs: _step, ...canary }: CanaryView) {
  return canary;
}

function orderOf(asked: unknown): Order {
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) throw malformed(EXPECTED);
  const unknown = Object.keys(asked).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw malformed(`${EXPECTED}, found ${quoted(unknown)}`, didYouMean(unknown, KEYS));
  const { route, action: given } = asked as Partial<Record<keyof Order, unknown>>;
  if (typeof route !== "string") throw malformed(EXPECTED);
  const action = ACTIONS.find((one) => one === given);
  if (action !== undefined) return { route, action };
  const hint = typeof given === "string" ? didYouMean(given, ACTIONS) : undefined;
  throw malformed(`action: expected one of ${ACTIONS.join(", ")}`, hint);
}

function find({ route }: Order, canaries: readonly CanaryView[]): CanaryView {
  const found = canaries.find((canary) => canary.route === route);
  if (found !== undefined) return found;
  const hint = didYouMean(
    route,
    canaries.map((canary) => canary.route),
  );
  const detail = `There is no canary on the route ${quoted(route)}`;
  throw new GatewayError("route_not_found", { detail: hint === undefined ? detail : `${detail}: ${hint}` });
}

/** Undefined where all is as it is wanted. */
function decide(action: Order["action"], canary: CanaryView, at: number): CanaryOrder | undefined {
  const { state, elapsedMs, stepMs, order } = canary;
  const next = { number: order + 1, at, elapsedMs };
  switch (action) {
    case "promote":
      if (state === "stopped") throw refused(`it was stopped: resume it before, if it is well (${canary.reason})`);
      return state === "promoted" ? undefined : { ...next, state: "promoted" };
    case "pause":
      if (state !== "running" && state !== "paused")
        throw refused(`it is ${state}: there is no next step to keep from it`);
      return state === "paused" ? undefined : { ...next, state: "paused" };
    case "resume":
      if (state === "running" || state === "done") return undefined;
      // The step on which it was stopped begins anew.
      return { ...next, state: "running", elapsedMs: state === "stopped" ? stepMs : elapsedMs };
    case "abort":
      return state === "stopped" ? undefined : { ...next, state: "stopped" };
  }
}

function refused(detail: string): GatewayError {
  return new GatewayError("validation_failed", { detail });
}

function malformed(what: string, hint?: string): GatewayError {
  return new GatewayError("bad_request", { detail: hint === undefined ? what : `${what}: ${hint}` });
}
