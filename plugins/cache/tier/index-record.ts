/** What is known of a URL in the store. */
export interface IndexRecord {
  /** Replaced when the URL is purged: responses of another are not found any more. */
  readonly generation: string;
  /** What responses vary by, for each owner. */
  readonly vary: Readonly<Record<string, readonly string[]>>;
}

/** Undefined for a text that is no such record. */
export function parseIndex(text: string | undefined): IndexRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const { generation, vary } = JSON.parse(text) as Partial<IndexRecord>;
    if (typeof generation !== "string" || typeof vary !== "object" || vary === null) return undefined;
    return { generation, vary };
  } catch {
    return undefined;
  }
}
