import type { Family } from "../observe/metrics/family.ts";
import { CONTENT_TYPES, metricsLines, type TextFormat } from "../observe/metrics/text.ts";

/** Text that is written at a time, in UTF-16 units: requests are served in between. */
const PIECE = 65_536;

/** The metrics in the format that `Accept` prefers, written as they are read. */
export function metricsResponse(families: readonly Family[], accept: string | null): Response {
  const format = preferredFormat(accept ?? "");
  const headers = { "content-type": CONTENT_TYPES[format], "cache-control": "no-store" };
  const lines = metricsLines(families, format);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      const piece = nextPiece(lines);
      if (piece === "") controller.close();
      else controller.enqueue(Buffer.from(piece));
    },
  });
  return new Response(body, { headers });
}

/** Empty at the end. */
function nextPiece(lines: Iterator<string>): string {
  let text = "";
  while (text.length < PIECE) {
    const { done, value } = lines.next();
    if (done === true) return text;
    text += value;
  }
  return text;
}

/** OpenMetrics where it is asked for by name, and nothing that plain text fits is wanted more (RFC 9110 §12.5.1). */
export function preferredFormat(accept: string): TextFormat {
  let openMetrics = 0;
  let plainText = 0;
  for (const range of accept.toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const version = parameterOf(parameters, "version");
    const weight = weightOf(parameters);
    if (type === "application/openmetrics-text" && (version ?? "1.0.0") === "1.0.0") {
      openMetrics = Math.max(openMetrics, weight);
    } else if (type === "text/plain" && (version ?? "0.0.4") === "0.0.4") plainText = Math.max(plainText, weight);
  }
  return openMetrics > 0 && openMetrics >= plainText ? "openmetrics" : "prometheus";
}

function parameterOf(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replaceAll('"', "");
}

/** 1 unless told; what cannot be read is not wanted. */
function weightOf(parameters: readonly string[]): number {
  const weight = Number(parameterOf(parameters, "q") ?? "1");
  return weight >= 0 && weight <= 1 ? weight : 0;
}
