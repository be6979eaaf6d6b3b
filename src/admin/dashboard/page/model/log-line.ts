import { clock } from "./format.ts";

/** A line of the log, in parts. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  /** The other fields as `name=value`. */
  readonly fields: string;
}

/** Reads a line of JSON. Any other text is a message as it is, so that nothing is lost. */
export function logLine(text: string): LogLine {
  const value = parsed(text);
  if (value === undefined) return { time: "", level: "", message: text, fields: "" };
  const { time, level, msg, ...rest } = value;
  return {
    time: typeof time === "string" ? clock(time) : "",
    level: typeof level === "string" ? level : "",
    message: typeof msg === "string" ? msg : "",
    fields: Object.entries(rest)
      .map(([name, field]) => `${name}=${typeof field === "string" ? field : JSON.stringify(field)}`)
      .join(" "),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
