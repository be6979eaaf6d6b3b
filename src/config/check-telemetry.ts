import { isToken } from "../http1/chars.ts";
import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";

type Keys = readonly (string | number)[];

/** What is set from other keys, or by the exporter. */
const OWN_HEADERS = ["content-type", "content-length", "host", "transfer-encoding", "connection"];
/** RFC 9110 §5.5, without octets beyond ASCII. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** What the schema cannot tell of traces: that there is a way to the collector, and that all can be sent on it. */
export function checkTelemetry({ root, main }: Draft): readonly Problem[] {
  const { telemetry } = main;
  if (telemetry === undefined) return [];
  const problems: Problem[] = [];
  const at = (keys: Keys, message: string, hint?: string, isSecret = false) => {
    const place = ["telemetry", ...keys];
    const problem = problemAt(nearestNode(root, place), below(undefined, ...place), message, hint);
    problems.push(isSecret ? { ...problem, excerpt: undefined } : problem);
  };
  const fault = telemetry.otlp === undefined ? undefined : urlFault(telemetry.otlp);
  if (fault !== undefined) at(["otlp"], fault, "for example http://127.0.0.1:4318", true);
  if ((telemetry.sampling ?? 0) > 1) at(["sampling"], "there are no more traces than 100%");
  for (const [index, form] of (telemetry.propagation ?? []).entries()) {
    if (telemetry.propagation?.indexOf(form) !== index) at(["propagation", index], `${form} is there already`);
  }
  for (const key of ["interval", "timeout"] as const) {
    if (telemetry[key] === 0) at([key], "nothing can be done in no time", "for example 1s");
  }
  for (const [name, value] of Object.entries(telemetry.headers ?? {})) {
    if (!isToken(name)) at(["headers", name], "expected the name of a header", undefined, true);
    else if (OWN_HEADERS.includes(name.toLowerCase()))
      at(["headers", name], "the gateway sets this header itself", undefined, true);
    else if (value !== undefined && value !== "" && !HEADER_VALUE.test(value))
      at(["headers", name], "expected a value that a header can have: visible ASCII", undefined, true);
  }
  if (telemetry.resource?.["service.name"] !== undefined)
    at(["resource", "service.name"], "the name is given by another key", "service-name");
  return problems;
}

/** Without the value: there may be a password in it. */
function urlFault(text: string): string | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    return "expected a URL that begins with http:// or https://";
  if (url.username !== "" || url.password !== "") return "credentials do not belong here: send them in headers";
  return url.search !== "" || url.hash !== "" ? "expected a URL without a query and a fragment" : undefined;
}
