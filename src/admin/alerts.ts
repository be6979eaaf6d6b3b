import type { AnyElysia } from "elysia";
import { GatewayError } from "../errors.ts";
import { json } from "./json.ts";
import { quoted } from "./quoted.ts";

/** An alert that is pending or fires; times are ISO texts. */
export interface AlertView {
  /** The same for its rule and subject in every gateway. */
  readonly id: string;
  readonly rule: string;
  readonly kind: string;
  readonly severity: "critical" | "warning";
  readonly state: "pending" | "firing";
  readonly route?: string;
  readonly service?: string;
  /** A target, a certificate's file or a worker. */
  readonly part?: string;
  /** Of an anomaly: what is unusual. */
  readonly signal?: string;
  readonly since: string;
  readonly value: number;
  readonly threshold: number;
  readonly summary: string;
  /** Ids because of which nobody is told. */
  readonly inhibitedBy?: string;
  readonly silencedBy?: string;
}

/** A rule that is watched. */
export interface AlertRuleView {
  readonly name: string;
  readonly kind: string;
  readonly firing: number;
  readonly pending: number;
  /** Of a rule that learns: how many of its subjects it does not speak of yet, and of how many it does. */
  readonly learning?: number;
  readonly learned?: number;
}

/** Nobody is told of alerts that it fits, until it ends. */
export interface SilenceView {
  readonly id: string;
  readonly until: string;
  readonly reason: string;
  readonly rule?: string;
  readonly route?: string;
  readonly service?: string;
}

/** What a silence is asked for with. */
export interface SilenceRequest {
  readonly forMs: number;
  readonly reason: string;
  readonly rule?: string;
  readonly route?: string;
  readonly service?: string;
}

/** The alerts of a running gateway. */
export interface AlertControl {
  report(): {
    readonly alerts: readonly AlertView[];
    readonly rules: readonly AlertRuleView[];
    readonly silences: readonly SilenceView[];
  };
  /** Undefined if there are as many as there may be. Throws GatewayError for a name that there is not. */
  silence(request: SilenceRequest): SilenceView | undefined;
  /** False if there is none of that id. */
  endSilence(id: string): boolean;
}

/** Characters of a reason or a name, at most. */
const LONGEST_TEXT = 500;
const LONGEST_SILENCE_MS = 30 * 86_400_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const NAMES = ["rule", "route", "service"] as const;

/** The endpoints about alerts: what fires, and silences. */
export function addAlerts(app: AnyElysia, alerts: AlertControl): AnyElysia {
  return app
    .get("/api/alerts", () => json(alerts.report()))
    .post("/api/alerts/silences", async ({ request }) => json(await silence(request, alerts), 201), { parse: "none" })
    .delete("/api/alerts/silences/:id", ({ params }) => {
      if (!alerts.endSilence(params.id))
        throw new GatewayError("route_not_found", { detail: "There is no such silence" });
      return new Response(null, { status: 204 });
    });
}

async function silence(request: Request, alerts: AlertControl): Promise<SilenceView> {
  const asked: unknown = await request.json().catch(() => undefined);
  const made = alerts.silence(silenceRequest(asked));
  if (made !== undefined) return made;
  throw new GatewayError("overloaded", { detail: "There are 100 silences already: end one first" });
}

function silenceRequest(asked: unknown): SilenceRequest {
  if (typeof asked !== "object" || asked === null) {
    throw invalid('Expected { "for": "1h", "reason": "…" }, and "rule", "route" or "service"');
  }
  const { for: span, reason, ...names } = asked as Readonly<Record<string, unknown>>;
  const [, amount = "", unit = ""] =
    /^(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d)$/.exec(typeof span === "string" ? span : "") ?? [];
  const forMs = Number(amount) * (UNITS[unit] ?? 0);
  if (!(forMs > 0 && forMs <= LONGEST_SILENCE_MS))
    throw invalid('Expected "for" such as "1h", "30m" or "2d", 30d at most');
  if (!isText(reason)) throw invalid(`Expected "reason", a text of 1 to ${LONGEST_TEXT} characters`);
  const unknown = Object.keys(names).find((key) => !NAMES.some((name) => name === key));
  if (unknown !== undefined)
    throw invalid(`Unknown key ${quoted(unknown)}: there are for, reason, ${NAMES.join(", ")}`);
  const wrong = NAMES.find((name) => names[name] !== undefined && !isText(names[name]));
  if (wrong !== undefined) throw invalid(`Expected "${wrong}" as a text of 1 to ${LONGEST_TEXT} characters`);
  const given = NAMES.filter((name) => names[name] !== undefined);
  return { forMs, reason, ...Object.fromEntries(given.map((name) => [name, names[name]])) };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT;
}

function invalid(detail: string): GatewayError {
  return new GatewayError("bad_request", { detail });
}
