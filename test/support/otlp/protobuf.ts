/** The fields of one message in protobuf, by their numbers: numbers as they are, all else as its bytes. */
export type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Reads a message without knowing its kind (protobuf.dev, "Encoding"). Throws RangeError for what is none. */
export function readFields(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new RangeError("the message is cut off");
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, field);
    switch (tag & 7) {
      case VARINT:
        field.push(varint());
        break;
      case FIXED64:
        field.push(take(8).readBigUInt64LE());
        break;
      case BYTES:
        field.push(take(Number(varint())));
        break;
      case FIXED32:
        field.push(BigInt(take(4).readUInt32LE()));
        break;
      default:
        throw new RangeError(`wire type ${tag & 7}`);
    }
  }
  return fields;
}

export function messagesAt(fields: Fields, number: number): readonly Fields[] {
  return bytesAt(fields, number).map(readFields);
}

export function bytesAt(fields: Fields, number: number): readonly Buffer[] {
  return (fields.get(number) ?? []).filter((value): value is Buffer => value instanceof Buffer);
}

export function textAt(fields: Fields, number: number): string {
  return bytesAt(fields, number)[0]?.toString() ?? "";
}

export function hexAt(fields: Fields, number: number): string {
  return bytesAt(fields, number)[0]?.toString("hex") ?? "";
}

export function numberAt(fields: Fields, number: number): bigint | undefined {
  return (fields.get(number) ?? []).find((value) => typeof value === "bigint");
}
