import type { LineFormat } from "./format.ts";
import { jsonValue, REDACTED, type ValueOptions } from "./json-value.ts";
import type { LogFields, LogLevel } from "./logger.ts";
import { escapeText, quote } from "./quote.ts";

const RESET = "\x1b[0m";
const DIM = "\x1b[2m";
const BOLD = "\x1b[1m";

/** Every level in five columns, coloured. */
const LEVELS: Readonly<Record<LogLevel, string>> = {
  debug: `${DIM}DEBUG${RESET}`,
  info: `\x1b[32mINFO ${RESET}`,
  warn: `\x1b[33mWARN ${RESET}`,
  error: `\x1b[31mERROR${RESET}`,
};

/** Columns of a short message: the fields of most lines begin below one another. */
const MESSAGE_WIDTH = 28;
/** Texts that need no quotes to be told from what is around them. */
const PLAIN = /^[^\s"=\\\p{Cc}]+$/u;

/** Lines for people: the time of day in UTC, the level, the message, then name=value. */
export function prettyFormat(options: ValueOptions): LineFormat {
  const valueText = (name: string, value: unknown): string => {
    const json = options.isSecret(name) ? REDACTED : jsonValue(value, options);
    return typeof value === "string" && PLAIN.test(value) && json === `"${value}"` ? value : json;
  };

  return {
    fields(fields: LogFields, except?: LogFields) {
      let text = "";
      for (const key in fields) {
        const value = fields[key];
        if (value === undefined || (except !== undefined && key in except)) continue;
        const name = PLAIN.test(key) ? escapeText(key) : quote(key);
        text += ` ${DIM}${name}=${RESET}${valueText(key, value)}`;
      }
      return text;
    },
    line(time, level, message, fields) {
      const text = escapeText(message);
      const padded = fields === "" ? text : text.padEnd(MESSAGE_WIDTH);
      return `${DIM}${time.slice(11, 23)}${RESET} ${LEVELS[level]} ${BOLD}${padded}${RESET}${fields}\n`;
    },
  };
}
