import type { RawRequest } from "../../support/messages.ts";
import { type Origin, startWorld, type World } from "./world.ts";

export const CONTENT = "0123456789";

/** A service that has ranges of a content, as `bytes=A-B`. */
export function serves(content = CONTENT, headers: Record<string, string> = {}) {
  const fields = { "cache-control": "max-age=60", etag: '"a"', ...headers };
  return (request: Pick<RawRequest, "header">): Origin => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.header("range") ?? "") ?? [];
    if (first === undefined) return { headers: fields, body: content };
    const place = `bytes ${first}-${last}/${content.length}`;
    const body = content.slice(Number(first), Number(last) + 1);
    return { status: 206, headers: { "content-range": place, ...fields }, body };
  };
}

/** Asks for a range. */
export const ranged = (world: World, range: string, headers: Record<string, string> = {}) =>
  world.ask({ headers: { range, ...headers } });

/** A world that has bytes 2 to 6 of ten. */
export async function withPart(headers: Record<string, string> = {}, options = "{}"): Promise<World> {
  const world = await startWorld(options);
  world.answers(serves(CONTENT, headers));
  await ranged(world, "bytes=2-6");
  return world;
}
