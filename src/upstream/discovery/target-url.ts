import { targetFault } from "../../config/target-url.ts";

/** The URL of a target from what a source tells. Throws if that is no host or no port. */
export function foundUrl(scheme: "http" | "https", host: string, port: number): string {
  const url = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (targetFault(url) !== undefined) throw new Error(`${JSON.stringify(url.slice(0, 100))} is no address of a target`);
  return url;
}
