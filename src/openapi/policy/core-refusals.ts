import type { ListenConfig } from "../../config/schema.ts";
import { RETRY_AFTER } from "../../policy/credential-policy.ts";
import type { PluginRefusal } from "../../policy/plugin-policy.ts";
import { sizeText } from "../../policy/words.ts";

/**
 * What the gateway itself may answer in a service's place, whatever plugins there are. What it refuses before it knows the
 * route (400, 408, 414, 431) is no part of any operation.
 */
export function coreRefusals(listen: readonly ListenConfig[], hasBody: boolean): readonly PluginRefusal[] {
  return [...(hasBody ? [tooLarge(listen)] : []), ...FROM_UPSTREAM];
}

function tooLarge(listen: readonly ListenConfig[]): PluginRefusal {
  const sizes = listen.map(({ limits }) => limits["body-bytes"]);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const bound = least === most ? sizeText(most) : `${sizeText(least)}, at some ports ${sizeText(most)}`;
  return { code: "payload_too_large", when: `The body is larger than ${bound}.` };
}

/** Some of those who are refused so are told when to come back. */
const SOON = Object.fromEntries(
  Object.entries(RETRY_AFTER).map(([name, header]) => [name, { ...header, mayBeMissing: true }]),
);

const FROM_UPSTREAM: readonly PluginRefusal[] = [
  { code: "upstream_connect", when: "The service cannot be reached." },
  { code: "upstream_reset", when: "The service closed the connection before it answered." },
  { code: "upstream_invalid", when: "The service sent an answer that is not valid HTTP." },
  { code: "overloaded", when: "Too many requests are under way or wait for a connection.", headers: SOON },
  { code: "no_target_available", when: "The service has no target to send to." },
  { code: "upstream_timeout", when: "The service did not answer in time." },
];
