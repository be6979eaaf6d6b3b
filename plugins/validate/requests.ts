import { type Body, type Context, type ErrorDetail, GatewayError, type GatewayRequest, Tee } from "../../src/plugin.ts";
import { type BodyCheck, bodyTypeOf } from "./bodies.ts";
import type { CompiledOperation } from "./compiled.ts";
import { bodyErrors, MOST_FAULTS } from "./faults.ts";
import type { MediaType } from "./media-type.ts";
import { checkParameters } from "./parameters.ts";
import { parseFields, type RawFields } from "./query.ts";

/** A body that is to be read, and how. */
interface Inspection {
  readonly check: BodyCheck;
  readonly type: MediaType;
}

/**
 * Refuses a request that is not as documented: 422, 400 for what cannot be read, 415 for a type of body that the document does not have,
 * 413 for a body that is too large to be checked. A body that has come with its head costs no promise.
 */
export function enforce(
  ctx: Context,
  operation: CompiledOperation,
  params: ReadonlyMap<string, string>,
  maxBody: number,
): undefined | Promise<undefined> {
  const { request } = ctx;
  const errors = parameterErrors(ctx, operation, params) ?? [];
  const inspection = inspectionOf(request, operation, errors);
  if (inspection !== undefined && errors.length === 0 && !request.body.isInMemory) {
    return enforceLater(request.body, inspection, operation, maxBody);
  }
  if (inspection !== undefined && request.body.isInMemory) {
    const bytes = request.body.inMemory ?? NO_BYTES;
    if (bytes.byteLength > maxBody) throw tooLarge(maxBody);
    errors.push(...contentErrors(bytes, inspection));
  }
  if (errors.length > 0) throw refusal(errors);
  return undefined;
}

async function enforceLater(body: Body, inspection: Inspection, operation: CompiledOperation, maxBody: number) {
  const { length } = body;
  if (length !== undefined && length > maxBody) throw tooLarge(maxBody);
  const bytes = await body.bytes(maxBody);
  // Only now it is known that a body without a length has nothing in it.
  const errors =
    bytes.byteLength > 0 ? contentErrors(bytes, inspection) : operation.body?.isRequired === true ? [NO_BODY] : [];
  if (errors.length > 0) throw refusal(errors);
  return undefined;
}

function tooLarge(maxBody: number): GatewayError {
  return new GatewayError("payload_too_large", { detail: `The body may have at most ${maxBody} bytes` });
}

function refusal(errors: readonly ErrorDetail[]): GatewayError {
  return new GatewayError("validation_failed", { errors: errors.slice(0, MOST_FAULTS) });
}

/** Told how a check ended that refuses nothing: what is wrong, nothing, or undefined if the body could not be looked at. */
export type OnChecked = (errors: readonly ErrorDetail[] | undefined) => void;

/** Finds the same, holds nothing up and refuses nothing: a body is noted as it passes, and looked at when it is whole. */
export function observe(
  ctx: Context,
  operation: CompiledOperation,
  params: ReadonlyMap<string, string>,
  maxBody: number,
  onChecked: OnChecked,
): void {
  const { request } = ctx;
  const errors: ErrorDetail[] = [];
  let inspection: Inspection | undefined;
  try {
    errors.push(...(parameterErrors(ctx, operation, params) ?? []));
    inspection = inspectionOf(request, operation, errors);
  } catch (error) {
    errors.push(detailOf(error));
  }
  if (inspection === undefined) {
    onChecked(errors);
    return;
  }
  const { check, type } = inspection;
  const finish = (bytes: Uint8Array | undefined) => {
    if (bytes === undefined) return onChecked(errors.length === 0 ? undefined : errors);
    try {
      const isMissing = bytes.byteLength === 0;
      if (isMissing && operation.body?.isRequired === true) errors.push(NO_BODY);
      if (!isMissing) errors.push(...contentErrors(bytes, { check, type }));
    } catch (error) {
      errors.push(detailOf(error));
    }
    onChecked(errors);
  };
  const { body } = request;
  if (body.isInMemory)
    finish(body.inMemory !== undefined && body.inMemory.byteLength <= maxBody ? body.inMemory : undefined);
  else if (body.length !== undefined && body.length > maxBody) finish(undefined);
  else request.body = body.through((source) => new Tee(source, maxBody, () => finish));
}

const NO_BYTES = new Uint8Array(0);
const NO_BODY: ErrorDetail = { pointer: "", detail: "a body is required" };

function parameterErrors(ctx: Context, { parameters }: CompiledOperation, params: ReadonlyMap<string, string>) {
  if (parameters.length === 0) return undefined;
  const { headers } = ctx.request;
  return checkParameters(parameters, { params, query: parseFields(ctx.upstreamQuery), headers }, MOST_FAULTS);
}

/** How the body is to be checked; a missing one is added to the errors, one of another type is thrown. */
function inspectionOf(
  { body, headers }: GatewayRequest,
  { body: documented }: CompiledOperation,
  errors: ErrorDetail[],
): Inspection | undefined {
  if (documented === undefined) return undefined;
  if (body.isEmpty) {
    if (documented.isRequired) errors.push(NO_BODY);
    return undefined;
  }
  if (documented.types.length === 0) return undefined;
  const [contentType, ...others] = headers.getAll("content-type");
  if (others.length > 0) throw new GatewayError("bad_request", { detail: "Content-Type is here more than once" });
  const found = bodyTypeOf(documented, contentType);
  if (found === undefined) {
    throw new GatewayError("unsupported_media_type", { detail: `The body must be of type ${documented.written}` });
  }
  const { documented: type, own } = found;
  if (type.check === undefined) return undefined;
  const coding = headers.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") {
    const detail = "The body must not be compressed: it is checked";
    throw new GatewayError("unsupported_media_type", { detail, headers: { "accept-encoding": "identity" } });
  }
  return { check: type.check, type: own };
}

function contentErrors(bytes: Uint8Array, { check, type }: Inspection): readonly ErrorDetail[] {
  const faults = check(bytes, type);
  return faults === undefined ? [] : bodyErrors(faults);
}

function detailOf(error: unknown): ErrorDetail {
  const { detail, title } = GatewayError.from(error);
  return { detail: detail ?? title };
}

/** Names in the query that no parameter of the operation has. */
export function unknownNames({ parameters }: CompiledOperation, query: string | undefined): readonly string[] {
  if (query === undefined || query === "") return NONE;
  let fields: RawFields;
  try {
    fields = parseFields(query);
  } catch {
    return NONE;
  }
  const own = parameters.filter((parameter) => parameter.in.startsWith("query"));
  return [...fields.keys()].filter((name) => !own.some(({ owns }) => owns(name)));
}

const NONE: readonly string[] = [];
