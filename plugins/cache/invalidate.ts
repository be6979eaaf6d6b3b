import type { Context, Reply } from "../../src/plugin.ts";
import type { Purging } from "./purge/purging.ts";
import { isInvalidating, sameOriginTarget } from "./rules/invalidation.ts";

/**
 * Removes what a good answer to an unsafe method has made invalid (RFC 9111 §4.4): here at once, and in what gateways share when the
 * promise resolves. Undefined if there is nothing to remove.
 */
export function invalidate(ctx: Context, reply: Reply, purging: Purging): Promise<unknown> | undefined {
  const { request } = ctx;
  if (!isInvalidating(request.method, reply.status)) return undefined;
  const { scheme, host } = request;
  return Promise.all(
    targetsOf(ctx, reply).map((target) => purging.invalidate({ kind: "url", url: { scheme, host, ...target } })),
  );
}

/** The URL that was asked, and those that the answer names. */
function targetsOf(ctx: Context, reply: Reply): { readonly path: string; readonly query: string | undefined }[] {
  const { scheme, host, path, query } = ctx.request;
  const targets = [{ path, query }];
  const base = `${scheme}://${host}${path}`;
  const prefix = removedPrefix(path, ctx.upstreamPath);
  for (const name of ["location", "content-location"]) {
    const reference = reply.headers.get(name);
    const target = reference === undefined ? undefined : sameOriginTarget(reference, base);
    if (target === undefined) continue;
    targets.push(target);
    // The service does not know the prefix that its path has outside.
    if (prefix !== undefined) targets.push({ ...target, path: prefix + target.path });
  }
  return targets;
}

/** What the route removes from the beginning of the path; undefined if nothing, or it rewrites otherwise. */
function removedPrefix(path: string, upstreamPath: string): string | undefined {
  return path.length > upstreamPath.length && path.endsWith(upstreamPath)
    ? path.slice(0, path.length - upstreamPath.length)
    : undefined;
}
