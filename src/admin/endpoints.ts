import { nearestName } from "../config/nearest.ts";
import { GatewayError } from "../errors.ts";

/** An endpoint of the admin port. */
export interface Endpoint {
  /** `ALL`: whatever is asked. */
  readonly method: string;
  /** With `:name` for any segment, and `*` for all that follows. */
  readonly path: string;
}

/** Methods that the path answers to; none: there is no such path. */
export function methodsAt(endpoints: readonly Endpoint[], path: string): ReadonlySet<string> {
  const segments = segmentsOf(path);
  return new Set(endpoints.filter((one) => fits(segmentsOf(one.path), segments)).map(({ method }) => method));
}

/** HEAD is answered by what answers GET (RFC 9110 §9.3.2). */
export function isHeadOfGet(method: string, methods: ReadonlySet<string>): boolean {
  return method === "HEAD" && methods.has("GET") && !methods.has("HEAD") && !methods.has("ALL");
}

/**
 * Answers a request that no endpoint takes: which methods there are to OPTIONS, with 405 and the same to another method (RFC
 * 9110 §15.5.6), with 404 and the nearest path that there is to the rest.
 *
 * @param prefix what people write before the paths of these endpoints
 */
export function unanswered(
  { method, path }: Endpoint,
  endpoints: readonly Endpoint[],
  prefix = "",
): Response | GatewayError {
  const methods = methodsAt(endpoints, path);
  // What is there for every method has said itself that there is nothing.
  if (methods.size === 0 || methods.has("ALL")) return missing(path, endpoints, prefix);
  const allow = allowed(methods).join(", ");
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
  const detail = `${prefix}${path} is asked with ${allow}`;
  return new GatewayError("method_not_allowed", { detail, headers: { allow } });
}

function allowed(methods: ReadonlySet<string>): readonly string[] {
  const head = methods.has("GET") ? ["HEAD"] : [];
  return [...new Set([...methods, ...head, "OPTIONS"])].toSorted();
}

function missing(path: string, endpoints: readonly Endpoint[], prefix: string): GatewayError {
  const known = new Set(endpoints.map((one) => one.path).filter((one) => !one.includes("*")));
  const shared = path.startsWith(SHARED) ? SHARED : "";
  // What all have in common says nothing of how near they are.
  const own = [...known].filter((one) => one.startsWith(shared)).map((one) => one.slice(shared.length));
  const nearest = nearestName(path.slice(shared.length), own);
  const detail = `There is no endpoint ${shown(prefix + path)}`;
  const hint = nearest === undefined ? "" : `: did you mean ${JSON.stringify(prefix + shared + nearest)}?`;
  return new GatewayError("route_not_found", { detail: detail + hint });
}

const SHARED = "/api/";
/** UTF-16 units of a path that are told back. */
const LONGEST_PATH = 200;

function shown(path: string): string {
  return path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path;
}

/** A slash at the end makes no other path of it. */
function segmentsOf(path: string): readonly string[] {
  return path.replace(/^\/|\/$/g, "").split("/");
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === "*";
  if (isOpen ? path.length < pattern.length - 1 : path.length !== pattern.length) return false;
  return pattern.every((segment, index) => {
    if (segment === "*") return true;
    return segment.startsWith(":") ? path[index] !== "" : segment === path[index];
  });
}
