/** What is known of a URL in the store. */
export interface IndexRecord {
  /** Replaced when the URL is purged: responses of another are not found any more. */
  readonly generation: string;
  /** What responses vary by, for each owner. */
  readonly vary: Readonly<Record<string, readonly string[]>>;
  /** When it was purged, in ms since 1970 on the clock of the gateway that was asked; undefined if it was not of late. */
  readonly purgedMs?: number;
}

/** Undefined for a text that is no such record. */
export function parseIndex(text: string | undefined): IndexRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const { generation, vary, purgedMs } = JSON.parse(text) as Partial<IndexRecord>;
    if (typeof generation !== "string" || typeof vary !== "object" || vary === null) return undefined;
    return typeof purgedMs === "number" ? { generation, vary, purgedMs } : { generation, vary };
  } catch {
    return undefined;
  }
}
