import {
  createRevocations,
  GatewayError,
  parseRevocation,
  type RevocationRequest,
  type Revocations,
  type Scope,
  StoreError,
} from "../../src/plugin.ts";

/** Revocations that one answer lists. */
const MOST = 1_000;
/** Larger than a token, in characters. */
const MAX_BODY = 131_072;

/** Serves /api/revocations: GET lists, POST revokes and DELETE takes back what the body says. `jtiKeys` are all in use. */
export function addEndpoints({ admin, store, now, log }: Scope, jtiKeys: () => readonly string[]): void {
  const isInMemory = store.takeNow !== undefined;
  const revocations = () => createRevocations(store, jtiKeys(), now);
  admin
    .get("/revocations", async () => Response.json(await inStore(() => revocations().list(MOST))))
    .post(
      "/revocations",
      async ({ request }) => {
        const done = await revoke(revocations(), request, now());
        if (isInMemory) log.warn("without redis what was revoked is forgotten when the gateway stops");
        return Response.json(done);
      },
      RAW,
    )
    .delete("/revocations", async ({ request }) => Response.json(await restore(revocations(), request, now())), RAW);
}

const RAW = { parse: "none" } as const;

async function revoke(revocations: Revocations, request: Request, nowMs: number): Promise<unknown> {
  const asked = await readRequest(request, nowMs);
  await inStore(() => revocations.revoke(asked));
  const { revocation, untilMs } = asked;
  return { revoked: revocation, until: untilMs === undefined ? null : new Date(untilMs).toISOString() };
}

async function restore(revocations: Revocations, request: Request, nowMs: number): Promise<unknown> {
  const { revocation } = await readRequest(request, nowMs);
  return { restored: revocation, wasRevoked: await inStore(() => revocations.restore(revocation)) };
}

async function readRequest(request: Request, nowMs: number): Promise<RevocationRequest> {
  try {
    const text = await request.text();
    if (text.length > MAX_BODY) throw new Error("the body is too large");
    return parseRevocation(JSON.parse(text), nowMs);
  } catch (error) {
    throw new GatewayError("bad_request", { detail: error instanceof Error ? error.message : String(error) });
  }
}

async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof StoreError ? new GatewayError("store_unavailable", { cause }) : cause;
  }
}
