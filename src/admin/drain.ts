import type { AnyElysia } from "elysia";
import { didYouMean } from "../config/nearest.ts";
import { targetIdentity } from "../config/target-url.ts";
import { GatewayError } from "../errors.ts";
import type { Drains } from "./drains.ts";
import { json } from "./json.ts";
import { quoted } from "./quoted.ts";
import { expectAnswers, silentWorkers } from "./silent-workers.ts";
import type { AdminView, ServiceView, TargetView } from "./view.ts";

const KEYS = ["service", "target", "force"];
const EXPECTED = 'Expected { "service": "users", "target": "http://10.0.0.1:4001" }';

interface Order {
  readonly service: string;
  readonly target: string;
  /** Also the last one that is usable. */
  readonly force: boolean;
}

/** The endpoints that take a target out, and give it requests again. */
export function addDrain(app: AnyElysia, view: AdminView, drains: Drains): AnyElysia {
  const answer = (order: Pick<Order, "service" | "target">, isDrained: boolean) =>
    json({ ...order, isDrained, isShared: drains.isShared, ...silentWorkers(view) });
  return app
    .get("/api/drain", () =>
      json({
        drained: drains.list.map(({ since, ...drain }) => ({ ...drain, since: new Date(since).toISOString() })),
        isShared: drains.isShared,
      }),
    )
    .post(
      "/api/drain",
      async ({ request }) => {
        const order = await orderOf(request);
        return drains.inTurn(async () => {
          const { service, target } = await find(order, view);
          if (!order.force && !target.state.isDrained) refuseLast(service, target);
          await drains.drain(service.name, target.url);
          return answer({ service: service.name, target: target.url }, true);
        });
      },
      { parse: "none" },
    )
    .delete(
      "/api/drain",
      async ({ request }) => {
        const order = await orderOf(request);
        return drains.inTurn(async () => {
          const known = drains.list.find(({ service, target }) => isMeant(order, service, target));
          const { service, target } = known ?? named(await find(order, view));
          await drains.restore(service, target);
          return answer({ service, target }, false);
        });
      },
      { parse: "none" },
    );
}

async function orderOf(request: Request): Promise<Order> {
  const order: unknown = await request.json();
  if (typeof order !== "object" || order === null) throw malformed(EXPECTED);
  const unknown = Object.keys(order).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw malformed(`${EXPECTED}, found ${quoted(unknown)}`, didYouMean(unknown, KEYS));
  const { service, target, force = false } = order as Partial<Record<keyof Order, unknown>>;
  if (typeof service !== "string" || typeof target !== "string") throw malformed(EXPECTED);
  if (typeof force !== "boolean") throw malformed("force: expected true or false");
  return { service, target, force };
}

async function find(order: Order, view: AdminView): Promise<{ service: ServiceView; target: TargetView }> {
  const services = await view.services();
  expectAnswers(view);
  const service = services.find(({ name }) => name === order.service);
  if (service === undefined) {
    throw missing(
      `There is no service ${quoted(order.service)}`,
      order.service,
      services.map(({ name }) => name),
    );
  }
  const target = service.targets.find(({ url }) => isMeant(order, service.name, url));
  if (target !== undefined) return { service, target };
  const what = `Service ${JSON.stringify(service.name)} has no target ${quoted(order.target)}`;
  throw missing(
    what,
    order.target,
    service.targets.map(({ url }) => url),
  );
}

function isMeant(order: Order, service: string, target: string): boolean {
  return order.service === service && targetIdentity(order.target) === targetIdentity(target);
}

function named({ service, target }: { service: ServiceView; target: TargetView }) {
  return { service: service.name, target: target.url };
}

/** Without a target that may be chosen, the requests of a service fail. */
function refuseLast({ name, targets }: ServiceView, { url }: TargetView): void {
  const others = targets.filter((other) => other.url !== url && other.weight > 0);
  if (others.some(({ state }) => state.isHealthy && state.isDrained !== true)) return;
  const detail = `${url} is the last usable target of ${JSON.stringify(name)}: without it its requests fail. Send "force": true to drain it all the same`;
  throw new GatewayError("validation_failed", { detail });
}

function missing(what: string, name: string, known: readonly string[]): GatewayError {
  const hint = didYouMean(name, known);
  return new GatewayError("route_not_found", { detail: hint === undefined ? what : `${what}: ${hint}` });
}

function malformed(what: string, hint?: string): GatewayError {
  return new GatewayError("bad_request", { detail: hint === undefined ? what : `${what}: ${hint}` });
}
