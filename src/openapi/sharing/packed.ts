/** Bytes that stand elsewhere: where they begin after the head, and how many they are. */
interface Elsewhere {
  readonly $bytes: readonly [start: number, length: number];
}

/** Plain data with bytes in it as one line of JSON, and the bytes after it as they are: nothing is copied. */
export function packed(value: unknown): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  const head = JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, shown: unknown) {
    // A Buffer is shown as what it makes of itself for JSON.
    const inner = this[key];
    if (!(inner instanceof Uint8Array)) return shown;
    const place: Elsewhere = { $bytes: [start, inner.byteLength] };
    parts.push(inner);
    start += inner.byteLength;
    return place;
  });
  return [new TextEncoder().encode(`${head}\n`), ...parts];
}

/** The data again; its bytes are views into those that were given. Throws for what is cut off. */
export function unpacked(bytes: Uint8Array): unknown {
  const end = bytes.indexOf(0x0a);
  const head = new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0)));
  return JSON.parse(head, (_, inner: unknown) => {
    if (!isElsewhere(inner)) return inner;
    const [start, length] = inner.$bytes;
    const found = bytes.subarray(end + 1 + start, end + 1 + start + length);
    if (found.byteLength !== length) throw new Error("the bytes are cut off");
    return found;
  });
}

function isElsewhere(value: unknown): value is Elsewhere {
  return typeof value === "object" && value !== null && "$bytes" in value;
}
