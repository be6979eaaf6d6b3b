import {
  Body,
  type DocumentedOperation,
  HeaderList,
  isHopByHop,
  type Json,
  type JsonObject,
  objectAt,
  Reply,
  type Source,
  textAt,
} from "../../src/plugin.ts";
import type { Preference } from "./prefer.ts";
import { valueFor } from "./values.ts";

/** The replies of one operation, made from its document when they are first asked for. */
export class MockReplies {
  readonly #source: Source;
  readonly #responses: JsonObject;
  /** By status, type and example: as many as the document has. */
  readonly #made = new Map<string, Made>();

  constructor({ source, value }: DocumentedOperation) {
    this.#source = source;
    this.#responses = objectAt(value, "responses") ?? {};
  }

  /** What the client would like as far as the document has it, else the first success. */
  reply(preference: Preference, accept: string | undefined): Reply {
    const key = (preference.code === undefined ? undefined : this.#keyOf(preference.code)) ?? this.#usualKey();
    const isAsked = preference.code !== undefined && key === this.#keyOf(preference.code);
    const status = isAsked ? (preference.code ?? 200) : statusOf(key);
    const described = this.#source.resolve(this.#responses[key], "response") ?? {};
    const type = typeFor(described, accept);
    const example =
      type !== undefined && this.#hasExample(described, type, preference.example) ? preference.example : undefined;
    const madeKey = JSON.stringify([key, type, example]);
    const made = this.#made.get(madeKey) ?? this.#make(described, type, example);
    this.#made.set(madeKey, made);
    const headers = made.headers.copy();
    const applied = [
      ...(isAsked ? [`code=${status}`] : []),
      ...(example === undefined ? [] : [`example="${example}"`]),
    ];
    if (applied.length > 0 && /^[\x20-\x7e]*$/.test(applied.join()))
      headers.set("preference-applied", applied.join(", "));
    const hasBody = status !== 204 && status !== 205 && status !== 304;
    return new Reply(status, headers, hasBody ? made.body : Body.empty);
  }

  /** As the document writes that status: by itself, as one of its hundred, or by `default`. */
  #keyOf(status: number): string | undefined {
    return [String(status), `${Math.floor(status / 100)}XX`, `${Math.floor(status / 100)}xx`, "default"].find((key) =>
      Object.hasOwn(this.#responses, key),
    );
  }

  #usualKey(): string {
    const keys = Object.keys(this.#responses).filter((key) => /^(?:[1-5](?:\d\d|XX|xx)|default)$/.test(key));
    return keys.find((key) => key.startsWith("2")) ?? keys.find((key) => key === "default") ?? keys[0] ?? "200";
  }

  #hasExample(described: JsonObject, type: string, name: string | undefined): boolean {
    return name !== undefined && objectAt(this.#examplesOf(described, type), name) !== undefined;
  }

  #examplesOf(described: JsonObject, type: string): JsonObject {
    return objectAt(this.#mediaType(described, type), "examples") ?? {};
  }

  #mediaType(described: JsonObject, type: string): JsonObject {
    return this.#source.resolve(objectAt(described, "content")?.[type], "mediaType") ?? {};
  }

  #make(described: JsonObject, type: string | undefined, example: string | undefined): Made {
    const headers = new HeaderList();
    for (const [written, header] of Object.entries(objectAt(described, "headers") ?? {})) {
      const name = written.toLowerCase();
      if (isHopByHop(name) || NOT_OF_EXAMPLES.has(name)) continue;
      const resolved = this.#source.resolve(header, "header") ?? {};
      const value = resolved.example ?? valueFor(resolved.schema, this.#source);
      setHeader(headers, name, value);
    }
    if (type === undefined) return { headers, body: Body.empty };
    headers.set("content-type", type.includes("*") ? "application/json" : type);
    const value = this.#valueOf(described, type, example);
    const isText = typeof value === "string" && !/[/+]json\b/i.test(type);
    return { headers, body: Body.of(isText ? value : JSON.stringify(value)) };
  }

  #valueOf(described: JsonObject, type: string, name: string | undefined): Json {
    const mediaType = this.#mediaType(described, type);
    const examples = this.#examplesOf(described, type);
    const chosen = name === undefined ? Object.values(examples)[0] : examples[name];
    const example = this.#source.resolve(chosen, "example");
    const given =
      example?.value ??
      example?.dataValue ??
      textAt(example, "serializedValue") ??
      (name === undefined ? mediaType.example : undefined);
    return given ?? valueFor(mediaType.schema, this.#source);
  }
}

/** They say how the body is sent, which is as it stands here. */
const NOT_OF_EXAMPLES = new Set(["content-type", "content-length", "content-encoding", "content-range"]);

interface Made {
  readonly headers: HeaderList;
  readonly body: Body;
}

function statusOf(key: string): number {
  if (/^\d{3}$/.test(key)) return Math.max(200, Number(key));
  return /^[2-5]/.test(key) ? Number(key[0]) * 100 : 200;
}

/** One that the client takes, JSON before others; if it takes none, then one that it does not (RFC 9110 §12.4.1). */
function typeFor(described: JsonObject, accept: string | undefined): string | undefined {
  const types = Object.keys(objectAt(described, "content") ?? {});
  const preferred = types.toSorted((a, b) => Number(isJson(b)) - Number(isJson(a)));
  if (accept === undefined) return preferred[0];
  const ranges = accept.split(",").flatMap((range) => {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return parameters.includes("q=0") ? [] : [name];
  });
  const isTaken = (type: string) => {
    const bare = type.split(";")[0]?.trim().toLowerCase() ?? "";
    return ranges.some((range) => range === "*/*" || range === bare || range === `${bare.split("/")[0]}/*`);
  };
  return preferred.find(isTaken) ?? preferred[0];
}

function isJson(type: string): boolean {
  return /[/+]json\b/i.test(type);
}

/** What cannot be a header is left out. */
function setHeader(headers: HeaderList, name: string, value: Json): void {
  try {
    headers.set(
      name,
      Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value),
    );
  } catch {
    // The document names something that HTTP has no header for.
  }
}
