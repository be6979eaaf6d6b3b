import { readlinkSync } from "node:fs";
import { dirname, join, parse, resolve, sep } from "node:path";

/** A way with more links than this leads nowhere, as for the system itself. */
const MOST_LINKS = 40;

/**
 * Where a change can make a path lead to another content: the folder and the name of the file that it leads to, and of every
 * link on the way there, as folders with names. A part of the way that does not exist is taken as it is written.
 *
 * @param file absolute
 */
export function placesOf(file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const places = new Map<string, Set<string>>();
  let way = resolve(file);
  for (let links = 0; links <= MOST_LINKS; links++) {
    const next = follow(way, places);
    if (next === undefined) return places;
    way = next;
  }
  return places;
}

/** Goes up to the first link and notes it, or else the file. Answers the way from there on; undefined at the end. */
function follow(way: string, places: Map<string, Set<string>>): string | undefined {
  const { root } = parse(way);
  const names = way.slice(root.length).split(sep);
  let at = root;
  for (const [index, name] of names.entries()) {
    const whole = join(at, name);
    const target = targetOf(whole);
    if (target !== undefined) {
      note(places, whole);
      return join(resolve(at, target), ...names.slice(index + 1));
    }
    at = whole;
  }
  note(places, way);
  return undefined;
}

function note(places: Map<string, Set<string>>, path: string): void {
  const folder = dirname(path);
  const names = places.get(folder) ?? new Set();
  places.set(folder, names.add(path.slice(path.lastIndexOf(sep) + 1)));
}

/** Undefined for what is no link, or not there. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
