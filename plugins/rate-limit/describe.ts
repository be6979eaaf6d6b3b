import {
  type AnswerHeader,
  counted,
  durationText,
  type JsonValue,
  keyWords,
  type PluginPolicy,
  type PluginRefusal,
  RETRY_AFTER,
} from "../../src/plugin.ts";
import { amountOf } from "./amount.ts";
import type { FieldForm } from "./fields.ts";
import { entriesOf, entryName } from "./limits.ts";
import type { LimitEntryOptions, Options } from "./options.ts";

/** What clients have to know of the limits that hold for them. */
export function describe(options: Options): PluginPolicy {
  const { headers: form, cost } = options;
  const failures = options["authentication-failures"];
  const entries = entriesOf(options);
  const refusals: PluginRefusal[] = [];
  if (entries.length > 0) {
    const when = "Too many requests were made.";
    refusals.push({ code: "rate_limited", when, headers: { ...RETRY_AFTER, ...fieldsOf(form) } });
    refusals.push({ code: "store_unavailable", when: "Requests cannot be counted." });
  }
  if (failures !== undefined) {
    const when = "Too many requests of this address could not be authenticated.";
    refusals.push({ code: "rate_limited", when, headers: RETRY_AFTER });
  }
  return {
    refusals: options["store-failure"] === "allow" ? refusals.filter(({ code }) => code === "rate_limited") : refusals,
    ...(entries.length > 0 && {
      headers: fieldsOf(form),
      extensions: { "x-ratelimit": entries.map((entry) => extensionOf(entry, options, entries.length === 1)) },
      notes: [
        entries.map((entry) => sentence(entry, options)).join(" ") +
          (cost === 1 ? "" : ` One of these counts as ${cost}.`),
      ],
    }),
  };
}

/** Limits of tiers are between the gateway's owner and those who have one. */
function sentence(entry: LimitEntryOptions, options: Options): string {
  const { limit, windowMs } = amountOf(entry.limit, entry.window);
  const others = Object.keys(entry.tiers).length > 0 ? "; some callers have another limit" : "";
  return `At most ${counted(limit, "request")} in ${durationText(windowMs)} for ${keyWords(entry.key ?? options.key)}${others}.`;
}

function extensionOf(entry: LimitEntryOptions, options: Options, isOnly: boolean): JsonValue {
  const { limit, windowMs } = amountOf(entry.limit, entry.window);
  const { burst } = entry;
  const key = entry.key ?? options.key;
  return {
    name: entryName(entry, key, windowMs, isOnly),
    limit,
    "window-seconds": windowMs / 1_000,
    key,
    ...(burst !== undefined && { burst }),
    ...(options.cost !== 1 && { cost: options.cost }),
  };
}

const count = { type: "integer", minimum: 0 } as const;

function fieldsOf(form: FieldForm): Readonly<Record<string, AnswerHeader>> {
  const draft = {
    RateLimit: { description: 'What is left of a limit, and the seconds until there is more: `"default";r=0;t=30`.' },
    "RateLimit-Policy": { description: 'The limits and the seconds of their windows: `"default";q=100;w=60`.' },
  };
  const legacy = {
    "X-RateLimit-Limit": { description: "How many requests may be made in the window.", schema: count },
    "X-RateLimit-Remaining": { description: "How many are left.", schema: count },
    "X-RateLimit-Reset": { description: "Seconds until there are more.", schema: count },
  };
  return { ...(form !== "none" && form !== "legacy" && draft), ...(form !== "none" && form !== "draft" && legacy) };
}
