import { counted } from "../config/report.ts";
import type { DriftReport } from "../openapi/drift.ts";
import type { ReportLine } from "../openapi/report.ts";
import type { PublishedView } from "../openapi/view.ts";

/** A report as the admin port sends it: times are texts. */
interface SentReport {
  readonly mergedAt?: string;
  readonly documents: readonly PublishedView[];
  readonly services: readonly SentService[];
  readonly lines: readonly ReportLine[];
  readonly drift: DriftReport;
  readonly error?: string;
}

interface SentService {
  readonly service: string;
  readonly state: string;
  readonly location?: string;
  readonly version?: string;
  readonly fetchedAt?: string;
  readonly operations?: number;
  readonly error?: { readonly message: string; readonly at: string };
}

/** The report for people. */
export function reportText(sent: unknown): string {
  const { mergedAt, documents, services, lines, drift, error } = sent as SentReport;
  const parts = [
    `documents, merged ${mergedAt ?? "not yet"}`,
    ...documents.map(({ path, paths, bytes }) => `  ${path}  ${paths} paths, ${bytes} bytes`),
    ...(error === undefined ? [] : [`  the last merge has failed: ${error}`]),
    "services",
    ...services.map(serviceText),
    ...(lines.length === 0 ? [] : ["what did not come into the document as it was", ...lines.map(lineText)]),
    ...driftText(drift),
  ];
  return `${parts.join("\n")}\n`;
}

function driftText({ lines, others }: DriftReport): readonly string[] {
  if (lines.length === 0) return [];
  const seen = lines.map(({ service, kind, what, count, last }) => {
    return `  ${kind} ${service}: ${what}, ${counted(count, "time")}, last ${last}`;
  });
  const more = others === 0 ? [] : [`  and ${counted(others, "sighting")} more`];
  return ["what was seen in traffic and is not in a document", ...seen, ...more];
}

/** One line of the report. */
export function lineText({ kind, service, pointer, message }: ReportLine): string {
  const place = [service, pointer].filter((part) => part !== undefined).join(" ");
  return `  ${kind}${place === "" ? "" : ` ${place}`}: ${message}`;
}

function serviceText({ service, state, location, version, fetchedAt, operations, error }: SentService): string {
  const facts = [
    location,
    version === undefined ? undefined : `OpenAPI ${version}`,
    fetchedAt === undefined ? undefined : `of ${fetchedAt}`,
    operations === undefined ? undefined : counted(operations, "operation"),
    error === undefined ? undefined : `${error.message} (${error.at})`,
  ].filter((fact) => fact !== undefined && fact !== "");
  return `  ${service}  ${[state, ...facts].join(", ")}`;
}
