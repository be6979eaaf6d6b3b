/** Links of a chain of causes that are told. */
const MAX_CAUSES = 5;
const MAX_FRAMES = 8;
/** User information in a URL, as drivers put it into their messages. */
const CREDENTIALS = /:\/\/[^/?#\s@]*@/g;

/** An error as fields of a log line: what it is and what caused it, without credentials of URLs. */
export function errorFields(error: Error, hasStack: boolean): Record<string, unknown> {
  const fields: Record<string, unknown> = { name: error.name, message: hideCredentials(error.message) };
  const code = codeOf(error);
  if (code !== undefined) fields.code = code;
  const causes = causesOf(error);
  if (causes !== "") fields.cause = causes;
  if (hasStack && error.stack !== undefined) fields.stack = frames(error.stack);
  return fields;
}

/** "Error: it broke (ECODE) < TypeError: because of this"; empty without a cause. */
function causesOf(error: Error): string {
  const texts: string[] = [];
  let cause: unknown = error.cause;
  while (cause !== undefined && cause !== null && texts.length < MAX_CAUSES) {
    texts.push(causeText(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return texts.join(" < ");
}

function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause === "object" ? "an object" : hideCredentials(String(cause));
  const code = codeOf(cause);
  return `${cause.name}: ${hideCredentials(cause.message)}${code === undefined ? "" : ` (${code})`}`;
}

function codeOf(error: Error): string | number | undefined {
  const code: unknown = "code" in error ? error.code : undefined;
  return typeof code === "string" || typeof code === "number" ? code : undefined;
}

function frames(stack: string): string[] {
  const lines = stack.split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith("at ")).slice(0, MAX_FRAMES);
}

function hideCredentials(text: string): string {
  return text.replace(CREDENTIALS, "://[redacted]@");
}
