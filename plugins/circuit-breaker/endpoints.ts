import { decodeValue, GatewayError, type Scope, type Static, Type } from "../../src/plugin.ts";
import type { Breakers } from "./breakers.ts";

const MAX_BODY = 4_096;

const Order = Type.Object(
  {
    service: Type.String({ minLength: 1 }),
    /** As in /api/services; left out for the breaker of a whole service. */
    target: Type.Optional(Type.String({ minLength: 1 })),
    state: Type.Union([Type.Literal("open"), Type.Literal("closed"), Type.Literal("reset")]),
  },
  { additionalProperties: false },
);

/** One of a configuration's instances answers for all: `scope.admin` is the same for them. */
const served = new WeakSet<object>();

/** GET tells of the breakers, POST holds one open or closed, or resets it. */
export function addEndpoints({ admin, directory }: Scope, all: ReadonlySet<Breakers>): void {
  if (served.has(admin)) return;
  served.add(admin);
  const answer = (breakers: readonly Breakers[]) =>
    Response.json({ circuits: breakers.flatMap((one) => one.circuits().map((circuit) => reportOf(one, circuit))) });

  admin.get("/", () => answer([...all]));
  admin.post(
    "/",
    async ({ request }) => {
      const { service, target = "", state } = await orderOf(request, directory);
      const meant = [...all].filter((one) => one.service === service && (one.scope === "service") === (target === ""));
      if (meant.length === 0) {
        const what = target === "" ? "one breaker for all its targets" : "a breaker for each target";
        throw new GatewayError("bad_request", {
          detail: `There is no service ${JSON.stringify(service)} with ${what}`,
        });
      }
      for (const one of meant) one.order(target, state);
      return answer(meant);
    },
    { parse: "none" },
  );
}

function reportOf({ service }: Breakers, circuit: ReturnType<Breakers["circuits"]>[number]) {
  const { since, openUntil, ...report } = circuit;
  return { service, ...report, since: isoOf(since), openUntil: openUntil === undefined ? undefined : isoOf(openUntil) };
}

async function orderOf(request: Request, directory: string): Promise<Static<typeof Order>> {
  const text = await request.text();
  if (text.length > MAX_BODY) throw new GatewayError("bad_request", { detail: "The body is too large" });
  const decoded = decodeValue(Order, parsed(text), directory);
  if (!decoded.ok) throw new GatewayError("bad_request", { detail: decoded.problems.join("; ") });
  return decoded.value as Static<typeof Order>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError("bad_request", { detail: "The body is no JSON" });
  }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
