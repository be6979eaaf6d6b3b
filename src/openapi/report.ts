/** What became of something that did not come into the merged document as it was. */
export interface ReportLine {
  readonly kind:
    | "document-failed"
    | "operation-dropped"
    | "operation-clash"
    | "operation-moved"
    | "operation-hidden"
    | "operation-id-renamed"
    | "component-renamed"
    | "component-unused"
    | "reference-broken"
    | "tag-renamed"
    | "webhook-renamed"
    | "route-without-document"
    | "note";
  readonly service?: string;
  /** A pointer into the service's document (RFC 6901). */
  readonly pointer?: string;
  /** In words. */
  readonly message: string;
}

/** Collects the lines, each once. */
export class Report {
  readonly #lines = new Map<string, ReportLine>();

  add(line: ReportLine): void {
    this.#lines.set(JSON.stringify([line.kind, line.service, line.pointer, line.message]), line);
  }

  /** By service, kind and place: in the same order whatever was read first. */
  get lines(): readonly ReportLine[] {
    return [...this.#lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  }
}
