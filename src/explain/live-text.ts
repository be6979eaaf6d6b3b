import type { Happened, LiveReport } from "./live-report.ts";
import { aligned, explainText } from "./text.ts";

/** A report for people: what has happened, then what the configuration says. */
export function liveText({ id, at, happened, explained }: LiveReport): string {
  const head = `explanation ${id}, ${at}\n`;
  if (happened === undefined) return `${head}  the request is under way\n`;
  const text = explained === undefined ? "" : `\n${explainText(explained)}`;
  return `${head}${happenedLines(happened).join("\n")}\n${text}`;
}

function happenedLines(happened: Happened): readonly string[] {
  const { requestId, status, durationMs, upstreamMs, errorCode, errorSource, principal, steps, attempts } = happened;
  const error = errorCode === undefined ? "" : `, ${errorCode} (${errorSource})`;
  const upstream = upstreamMs === undefined ? "no attempt" : `the service's head after ${upstreamMs} ms`;
  return [
    `  ${status} after ${durationMs} ms, ${upstream}${error}`,
    `  request ${requestId}${principal === undefined ? "" : `, by ${principal.id} (${principal.source})`}`,
    "",
    "What has run",
    ...aligned(
      steps.map(({ phase, plugin, atMs, ms, result, status: own, reason, calls, cacheStatus }) => [
        phase,
        plugin,
        `at ${atMs} ms`,
        ms === undefined ? "" : `${ms} ms`,
        [result, own, calls !== undefined && calls > 1 ? `${calls} times` : undefined, cacheStatus, reason]
          .filter((part) => part !== undefined)
          .join(" "),
      ]),
    ),
    ...(attempts.length === 0 ? [] : ["", "Attempts"]),
    ...aligned(
      attempts.map(({ service = "", target = "no target", path, atMs, ms, result, status: own, code, reason }) => [
        service,
        target,
        path,
        `at ${atMs} ms`,
        ms === undefined ? "" : `${ms} ms`,
        [own ?? result, code, reason].filter((part) => part !== undefined).join(" "),
      ]),
    ),
  ];
}
