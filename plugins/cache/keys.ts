import type { CidrSet, Context, KeyOf } from "../../src/plugin.ts";
import type { UrlKey } from "./url-key.ts";

/** How a route's requests find what is stored for them. */
export interface Keys {
  readonly urlKey: UrlKey;
  /** Undefined where the URL is all. */
  readonly ownKey: KeyOf | undefined;
  readonly isBypassed: ((ctx: Context) => boolean) | undefined;
  /** Who may send PURGE; undefined where it goes to the service. */
  readonly purgers: CidrSet | undefined;
  /** Route and service: another route has another service's responses for the same URL. */
  readonly owner: string;
}
