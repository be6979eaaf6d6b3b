import { isHopByHop } from "../http1/hop.ts";
import { HeaderList } from "../message/headers.ts";

/** What routes a request, or says where it came from. */
const RESERVED = new Set(["host", "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);

/** A header's name in lower case. Throws Error, which begins with the option, if no plugin may read or set such a header. */
export function headerName(option: string, written: string): string {
  const name = written.toLowerCase();
  if (isHopByHop(name) || RESERVED.has(name)) throw new Error(`${option}: ${name} is the gateway's own`);
  try {
    HeaderList.of([[name, ""]]);
  } catch {
    throw new Error(`${option}: ${JSON.stringify(written)} is no name of a header`);
  }
  return name;
}

/** Whether a name is one of these, or one that CGI-like services read as the same: `x_user` is `X-User` to them. */
export function sameNames(names: readonly string[]): (name: string) => boolean {
  const own = new Set(names.map((name) => name.replaceAll("_", "-")));
  return (name) => own.has(name.includes("_") ? name.replaceAll("_", "-") : name);
}
