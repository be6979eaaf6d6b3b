import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { Body } from "../../src/message/body.ts";
import { codeOf, ManualSource, sourceOf } from "./manual-source.ts";

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("a body in memory", () => {
  test("has its bytes, again and again", async () => {
    const body = Body.of("caf\u00e9");
    expect(body.length).toBe(5);
    expect(body.isEmpty).toBe(false);
    expect(textOf(body.inMemory ?? Buffer.alloc(0))).toBe("caf\u00e9");
    expect(await body.text(5)).toBe("caf\u00e9");
    expect(await body.text(5)).toBe("caf\u00e9");
    expect(await new Response(body.stream()).text()).toBe("caf\u00e9");
    expect(textOf(await body.bytes(5))).toBe("caf\u00e9");
  });

  test("keeps bytes as they are given", async () => {
    const bytes = new Uint8Array([0, 255, 128]);
    expect(Body.of(bytes).inMemory).toBe(bytes);
    expect(await Body.of(bytes).bytes(3)).toBe(bytes);
  });

  test("of nothing is the empty one", () => {
    expect(Body.of("")).toBe(Body.empty);
    expect(Body.of(new Uint8Array(0))).toBe(Body.empty);
    expect(Body.empty).toMatchObject({ length: 0, isEmpty: true });
    expect(Body.empty.inMemory).toHaveLength(0);
  });

  test("of a part of some bytes is not copied", async () => {
    const bytes = Buffer.from("hello world");
    const body = Body.part(bytes, 6, 9);
    expect(body.length).toBe(3);
    expect(await body.text(3)).toBe("wor");
    expect(body.inMemory?.buffer).toBe(bytes.buffer);
    expect(Body.part(bytes, 4, 4)).toBe(Body.empty);
  });

  test("larger than the limit is refused, and stays", async () => {
    const body = Body.of("hello");
    expect(await codeOf(body.bytes(4))).toBe("payload_too_large");
    expect(await codeOf(body.text(4))).toBe("payload_too_large");
    expect(await body.text(5)).toBe("hello");
  });

  test("has no source to take, to change or to let go of", async () => {
    const body = Body.of("hello");
    expect(() => body.take()).toThrow();
    expect(body.through(() => sourceOf("changed"))).toBe(body);
    body.discard(new GatewayError("client_closed"));
    expect(await body.text(5)).toBe("hello");
  });
});

describe("a body from a source", () => {
  test("is read into memory at the first wish, and stays there", async () => {
    const source = new ManualSource();
    const body = Body.from(source);
    expect(body).toMatchObject({ length: undefined, isEmpty: false, inMemory: undefined });
    expect(source.calls).toEqual([]);
    const reading = body.text(10);
    source.write("hel");
    source.write("lo");
    source.sink.end();
    expect(await reading).toBe("hello");
    expect(source.calls).toEqual(["start"]);
    expect(textOf(body.inMemory ?? Buffer.alloc(0))).toBe("hello");
    expect(await body.text(10)).toBe("hello");
    expect(await new Response(body.stream()).text()).toBe("hello");
  });

  test("has a length once it has been read, whatever was known before: its head must tell of it", async () => {
    const body = Body.from(sourceOf("hel", "lo"));
    await body.bytes(10);
    expect(body.length).toBe(5);
    const source = new ManualSource(7);
    const other = Body.from(source);
    const reading = other.bytes(10);
    source.write("hello");
    source.sink.end();
    await reading;
    expect(other.length).toBe(5);
    const none = Body.from(sourceOf());
    await none.bytes(10);
    expect(none).toMatchObject({ length: 0, isEmpty: true });
  });

  test("has the length of its source, also once that is taken", () => {
    const body = Body.from(new ManualSource(7));
    expect(body.length).toBe(7);
    body.take();
    expect(body.length).toBe(7);
  });

  test("of no length is empty before it is read", () => {
    expect(Body.from(new ManualSource(0)).isEmpty).toBe(true);
  });

  test("is read once, for all who ask meanwhile, each with a limit of their own", async () => {
    const source = new ManualSource();
    const body = Body.from(source);
    const first = body.text(10);
    const second = body.json(10);
    const third = body.bytes(1);
    source.write("[1]");
    source.sink.end();
    expect(await first).toBe("[1]");
    expect(await second).toEqual([1]);
    expect(await codeOf(third)).toBe("payload_too_large");
    expect(source.calls).toEqual(["start"]);
  });

  test("that is too large is cancelled, for all who ask", async () => {
    const source = new ManualSource();
    const body = Body.from(source);
    const first = codeOf(body.bytes(3));
    const second = codeOf(body.bytes(100));
    source.write("hello");
    expect(await first).toBe("payload_too_large");
    expect(await second).toBe("payload_too_large");
    expect(source.calls).toEqual(["start", "cancel payload_too_large"]);
    expect(body.inMemory).toBeUndefined();
  });

  test("of a service blames the service, not the client", async () => {
    const source = new ManualSource();
    const reading = codeOf(Body.from(source, "service").bytes(3));
    source.write("hello");
    expect(await reading).toBe("upstream_invalid");
    const bytes = Buffer.from("hello");
    expect(await codeOf(Body.part(bytes, 0, 5, "service").bytes(3))).toBe("upstream_invalid");
    expect(await codeOf(Body.part(bytes, 0, 5, "service").json(10))).toBe("upstream_invalid");
    expect(await codeOf(Body.part(bytes, 0, 5, "client").json(10))).toBe("bad_request");
    const staged = Body.from(new ManualSource(), "service").through((inner) => inner);
    expect(staged.length).toBeUndefined();
  });

  test("that fails rejects with its error", async () => {
    const source = new ManualSource();
    const reading = codeOf(Body.from(source).bytes(10));
    source.sink.fail(new GatewayError("upstream_reset"));
    expect(await reading).toBe("upstream_reset");
  });

  test("is taken once", () => {
    const source = new ManualSource();
    const body = Body.from(source);
    expect(body.take()).toBe(source);
    expect(() => body.take()).toThrow("taken");
    expect(() => body.stream()).toThrow("taken");
    expect(body.inMemory).toBeUndefined();
  });

  test("that is being read cannot be taken", () => {
    const body = Body.from(new ManualSource());
    void body.bytes(10);
    expect(() => body.take()).toThrow("taken");
  });

  test("that nobody took is let go of, once", () => {
    const source = new ManualSource();
    const body = Body.from(source);
    body.discard(new GatewayError("client_closed"));
    body.discard(new GatewayError("client_closed"));
    expect(source.calls).toEqual(["cancel client_closed"]);
  });

  test("that was taken is not let go of: it is another's", () => {
    const source = new ManualSource();
    const body = Body.from(source);
    body.take();
    body.discard(new GatewayError("client_closed"));
    expect(source.calls).toEqual([]);
  });

  test("can have a stage put in between", async () => {
    const source = new ManualSource(5);
    const body = Body.from(source);
    const seen: unknown[] = [];
    const staged = body.through((before) => {
      seen.push(before);
      return sourceOf("staged");
    });
    expect(seen).toEqual([source]);
    expect(await staged.text(10)).toBe("staged");
    expect(() => body.take()).toThrow("taken");
  });

  test("as a stream gives what the source does", async () => {
    expect(await new Response(Body.from(sourceOf("a", "b")).stream()).text()).toBe("ab");
  });

  test("can be made from a stream", async () => {
    const body = Body.fromStream(new Blob(["hello"]).stream());
    expect(body.length).toBeUndefined();
    expect(await body.text(5)).toBe("hello");
    expect(body.length).toBe(5);
  });
});

describe("json", () => {
  test.each([
    ['{"a":[1,null]}', { a: [1, null] }],
    ["1", 1],
    ['"\u00e9"', "\u00e9"],
    [" null\n", null],
  ])("parses %p", async (text, value) => {
    expect(await Body.of(text).json(100)).toEqual(value);
  });

  test.each(["", "{", "{a:1}", "undefined", "\xff"])("refuses %p as the client's mistake", async (text) => {
    const error = await Body.of(text)
      .json(100)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: "bad_request", detail: "The body is not valid JSON" });
  });

  test("too much of it is too large, not malformed", async () => {
    expect(await codeOf(Body.of("[1, 2]").json(5))).toBe("payload_too_large");
  });
});

test("a body can be sent while it is in memory, or nobody has taken its source", async () => {
  expect([Body.empty.isSendable, Body.of("text").isSendable]).toEqual([true, true]);
  const taken = Body.from(new ManualSource());
  expect(taken.isSendable).toBe(true);
  taken.take();
  expect(taken.isSendable).toBe(false);
  const source = new ManualSource();
  const read = Body.from(source);
  const reading = read.bytes(10);
  expect(read.isSendable).toBe(false);
  source.write("all");
  source.sink.end();
  await reading;
  expect(read.isSendable).toBe(true);
});
