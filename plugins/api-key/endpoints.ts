import {
  Duration,
  decodeValue,
  GatewayError,
  HOLDER,
  KEY_ID,
  KEY_SEED,
  KeyBusyError,
  type KeyRecord,
  keyReport,
  type Scope,
  type Static,
  StoreError,
  Type,
} from "../../src/plugin.ts";
import type { SharedKeys } from "./shared.ts";

/** Keys of one page. */
const PAGE = 100;
const MAX_PAGE = 1_000;
const MAX_BODY = 65_536;
const ID = new RegExp(KEY_ID);

const IssueBody = Type.Object({ ...HOLDER, expiresIn: Type.Optional(Duration()) }, { additionalProperties: false });
const RotateBody = Type.Object({ grace: Duration({ default: "24h" }) }, { additionalProperties: false });

/** One of a configuration's instances answers for all: `scope.admin` is the same for them. */
const served = new WeakSet<object>();

/** Issues, lists, rotates and revokes keys below `/keys`. None of the answers has a hash; a key's text is told once. */
export function addEndpoints(scope: Scope, shared: SharedKeys): void {
  const { admin, now, log } = scope;
  if (served.has(admin)) return;
  served.add(admin);
  const { ring, usage, fileKeys } = shared;
  const option = { parse: "none" } as const;

  const reports = async (records: readonly KeyRecord[], from: "store" | "file") => {
    await usage.report(ring);
    const uses = await ring.usesOf(records.map(({ id }) => id));
    return records.map((record, i) => ({
      ...keyReport(record, now()),
      from,
      uses: uses[i]?.uses ?? 0,
      lastUsedAt: uses[i]?.lastUsedAt === undefined ? undefined : new Date(uses[i].lastUsedAt).toISOString(),
    }));
  };

  admin.get("/keys", ({ request }) =>
    answer(async () => {
      const { searchParams } = new URL(request.url);
      const limit = wholeNumber(searchParams.get("limit"), "limit", MAX_PAGE) ?? PAGE;
      const from = wholeNumber(searchParams.get("from"), "from", Number.MAX_SAFE_INTEGER);
      const { records, next } = await ring.list(limit, from);
      // Those of the file come with the first page, as far as it has room for them.
      const inFile = from === undefined ? [...fileKeys().values()].slice(0, MAX_PAGE) : [];
      const keys = [...(await reports(inFile, "file")), ...(await reports(records, "store"))];
      return Response.json({ keys, next });
    }),
  );
  admin.get("/keys/:id", ({ params }) =>
    answer(async () => {
      const inFile = fileKeys().get(params.id);
      const record = inFile ?? (await ring.find(checkedId(params.id)));
      if (record === undefined) throw notFound();
      const [report] = await reports([record], inFile === undefined ? "store" : "file");
      return Response.json(report);
    }),
  );
  admin.post(
    "/keys",
    ({ request }) =>
      answer(async () => {
        const { expiresIn, ...holder } = await bodyOf(request, IssueBody, scope.directory);
        const expiresAt = expiresIn === undefined ? undefined : now() + expiresIn;
        const { text, record } = await ring.issue({ ...holder, expiresAt }, seedOf(request));
        log.info("an API key was issued", { key: record.id, owner: record.owner });
        if (scope.store.takeNow !== undefined) {
          log.warn("without redis issued keys are forgotten when the gateway stops", { key: record.id });
        }
        return Response.json({ key: text, ...keyReport(record, now()) }, { status: 201 });
      }),
    option,
  );
  admin.post(
    "/keys/:id/rotate",
    ({ params, request }) =>
      answer(async () => {
        refuseFileKey(fileKeys(), params.id);
        const { grace } = await bodyOf(request, RotateBody, scope.directory);
        const rotated = await ring.rotate(checkedId(params.id), grace, seedOf(request));
        if (rotated === undefined) throw notFound();
        log.info("an API key was rotated", { key: params.id });
        return Response.json({ key: rotated.text, ...keyReport(rotated.record, now()) });
      }),
    option,
  );
  admin.delete("/keys/:id", ({ params }) =>
    answer(async () => {
      refuseFileKey(fileKeys(), params.id);
      if (!(await ring.revoke(checkedId(params.id)))) throw notFound();
      log.info("an API key was revoked", { key: params.id });
      return Response.json({ id: params.id, status: "revoked" });
    }),
  );
}

async function answer(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof StoreError) throw new GatewayError("store_unavailable", { cause });
    if (cause instanceof KeyBusyError) throw new GatewayError("overloaded", { detail: cause.message });
    throw cause;
  }
}

async function bodyOf<S extends typeof IssueBody | typeof RotateBody>(
  request: Request,
  schema: S,
  directory: string,
): Promise<Static<S>> {
  const text = await request.text();
  if (text.length > MAX_BODY) throw new GatewayError("payload_too_large");
  const decoded = decodeValue(schema, text === "" ? {} : parseJson(text), directory);
  if (decoded.ok) return decoded.value as Static<S>;
  throw new GatewayError("validation_failed", { detail: decoded.problems.join("; ") });
}

/**
 * Of several workers each is asked, and all have to make the same key: the admin port gives them one seed. Without it they
 * would each make one of their own.
 */
function seedOf(request: Request): string {
  const seed = request.headers.get(KEY_SEED) ?? "";
  if (/^[0-9a-f]{64}$/.test(seed)) return seed;
  throw new GatewayError("bad_request", { detail: "Keys are made at /api/keys" });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError("bad_request", { detail: "The body is not valid JSON" });
  }
}

function wholeNumber(text: string | null, name: string, most: number): number | undefined {
  if (text === null) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new GatewayError("bad_request", { detail: `${name}: expected a whole number from 1 to ${most}` });
}

function checkedId(id: string): string {
  if (ID.test(id)) return id;
  throw notFound();
}

function notFound(): GatewayError {
  return new GatewayError("route_not_found", { detail: "There is no such key" });
}

function refuseFileKey(keys: ReadonlyMap<string, KeyRecord>, id: string): void {
  if (!keys.has(id)) return;
  throw new GatewayError("bad_request", { detail: "The key is one of the file: change it there" });
}
