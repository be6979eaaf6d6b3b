import type { LineFormat } from "./format.ts";
import { jsonValue, REDACTED, type ValueOptions } from "./json-value.ts";
import type { LogFields } from "./logger.ts";
import { quote } from "./quote.ts";

/** Names that a line has anyway; a field of that name gets an underscore behind it. */
const OWN_NAMES = ["time", "level", "msg"];
/** Names come from code, so there are few; made up ones must not fill the memory. */
const MAX_NAMES = 1_000;

interface Name {
  /** `,"name":` */
  readonly text: string;
  readonly isSecret: boolean;
}

/** One JSON object a line: time, level, msg, then the fields in their order. */
export function jsonFormat(options: ValueOptions): LineFormat {
  const names = new Map<string, Name>();

  const nameOf = (name: string): Name => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const written = OWN_NAMES.includes(name) ? `${name}_` : name;
    const made = { text: `,${quote(written)}:`, isSecret: options.isSecret(name) };
    if (names.size < MAX_NAMES) names.set(name, made);
    return made;
  };

  return {
    fields(fields: LogFields, except?: LogFields) {
      let text = "";
      for (const key in fields) {
        const value = fields[key];
        if (value === undefined || (except !== undefined && key in except)) continue;
        const name = nameOf(key);
        text += name.text + (name.isSecret ? REDACTED : jsonValue(value, options));
      }
      return text;
    },
    line: (time, level, message, fields) => `{"time":"${time}","level":"${level}","msg":${quote(message)}${fields}}\n`,
  };
}
