import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { MessageWriter, type WriteFraming } from "../../src/http1/writer.ts";
import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { ManualSource } from "../message/manual-source.ts";
import { composed } from "./composed.ts";
import { createWire, writerLog } from "./wire.ts";

const HEAD = "HTTP/1.1 200 OK\r\nx: caf\xe9\r\n\r\n";
const bytes = (text: string) => Buffer.from(text, "latin1");

describe("a message whose body is in memory", () => {
  test.each([
    ["length", "hello", `${HEAD}hello`, 5],
    ["length", "", HEAD, 0],
    ["chunked", "hello", `${HEAD}5\r\nhello\r\n0\r\n\r\n`, 5],
    ["chunked", "", `${HEAD}0\r\n\r\n`, 0],
    ["close", "hello", `${HEAD}hello`, 5],
    ["none", "hello", HEAD, 0],
  ] as const)("with framing %s and body %p", (framing, body, wire, bodyBytes) => {
    const { writer, socket, calls } = createWire();
    writer.sendWhole(composed(HEAD), Body.of(bytes(body)), framing);
    expect(socket.wire).toBe(wire);
    expect(writer).toMatchObject({ bodyBytes, hasSent: true, isBlocked: false });
    expect(calls).toEqual(["sent"]);
  });

  test("leaves in one write, head and body together", () => {
    const { writer, socket } = createWire();
    writer.sendWhole(composed(HEAD), Body.of(bytes("x".repeat(16_384))), "length");
    expect(socket.writes).toHaveLength(1);
    writer.sendWhole(composed(HEAD), Body.empty, "none");
    expect(socket.writes).toHaveLength(2);
  });

  test("that is large follows its head without being copied", () => {
    const seen: Uint8Array[] = [];
    const writer = new MessageWriter(writerLog());
    writer.attach({
      write(data, _, length = data.length) {
        seen.push(data);
        return length;
      },
    });
    const body = Buffer.alloc(16_385);
    writer.sendWhole(composed(HEAD), Body.of(body), "length");
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBe(body);
  });

  test("a head larger than the buffer for heads goes out whole", () => {
    const head = `HTTP/1.1 200 OK\r\nx: ${"\xe9".repeat(100_000)}\r\n\r\n`;
    for (const body of ["", "hello", "x".repeat(100_000)]) {
      const { writer, socket, calls } = createWire();
      writer.sendWhole(composed(head), Body.of(bytes(body)), "length");
      expect(socket.wire === head + body).toBe(true);
      expect(calls).toEqual(["sent"]);
    }
  });
});

describe("a message whose body comes from a source", () => {
  test.each([
    ["length", `${HEAD}abcde`],
    ["chunked", `${HEAD}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`],
    ["close", `${HEAD}abcde`],
    ["none", HEAD],
  ] as const)("with framing %s", (framing, wire) => {
    const { writer, socket, calls } = createWire();
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, framing, 5);
    expect(socket.wire).toBe(HEAD);
    expect(source.sink.write(bytes("abc"))).toBe(true);
    expect(source.sink.write(bytes("de"))).toBe(true);
    expect(calls).toEqual([]);
    source.sink.end();
    expect(socket.wire).toBe(wire);
    expect(calls).toEqual(["sent"]);
    expect(source.calls).toEqual(["start"]);
  });

  test("that is at hand leaves with the head in one write", () => {
    const { writer, socket } = createWire();
    writer.sendFrom(composed(HEAD), new ManualSource(undefined, (sink) => sink.write(bytes("abc"))), "chunked", 0);
    expect(socket.writes).toEqual([`${HEAD}3\r\nabc\r\n`]);
  });

  test("that ends before start returns is sent once", () => {
    const { writer, socket, calls } = createWire();
    const atOnce = new ManualSource(undefined, (sink) => {
      sink.write(bytes("abc"));
      sink.end();
    });
    writer.sendFrom(composed(HEAD), atOnce, "chunked", 0);
    expect(socket.wire).toBe(`${HEAD}3\r\nabc\r\n0\r\n\r\n`);
    expect(calls).toEqual(["sent"]);
  });

  test("that is empty has no chunk but the last", () => {
    const { writer, socket, calls } = createWire();
    writer.sendFrom(composed(HEAD), new ManualSource(undefined, (sink) => sink.end()), "chunked", 0);
    expect(socket.writes).toEqual([`${HEAD}0\r\n\r\n`]);
    expect(calls).toEqual(["sent"]);
  });

  test("an empty piece is no last chunk", () => {
    const { writer, socket, calls } = createWire();
    const source = new ManualSource(undefined, (sink) => sink.write(new Uint8Array(0)));
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    expect(source.sink.write(new Uint8Array(0))).toBe(true);
    source.sink.write(bytes("abc"));
    source.sink.write(new Uint8Array(0));
    source.sink.end();
    expect(socket.wire).toBe(`${HEAD}3\r\nabc\r\n0\r\n\r\n`);
    expect(calls).toEqual(["sent"]);
  });

  test("sizes of chunks are hexadecimal", () => {
    const { writer, socket } = createWire();
    const large = "x".repeat(70_000);
    const source = new ManualSource();
    writer.sendFrom(composed(""), source, "chunked", 0);
    for (const size of [10, 16, 255]) source.sink.write(bytes("x".repeat(size)));
    source.sink.write(bytes(large));
    expect(socket.wire).toBe(
      `a\r\n${"x".repeat(10)}\r\n10\r\n${"x".repeat(16)}\r\nff\r\n${"x".repeat(255)}\r\n11170\r\n${large}\r\n`,
    );
  });

  test("trailers follow the last chunk, without those that no trailer may be", () => {
    const trailers = new HeaderList([
      "etag",
      "1",
      "content-length",
      "5",
      "authorization",
      "x",
      "x-t",
      "\xe9",
      "x-t",
      "2",
    ]);
    const { writer, socket } = createWire();
    writer.sendFrom(composed(HEAD), new ManualSource(undefined, (sink) => sink.end(trailers)), "chunked", 0);
    expect(socket.wire).toBe(`${HEAD}0\r\netag: 1\r\nx-t: \xe9\r\nx-t: 2\r\n\r\n`);
  });

  test.each(["length", "close", "none"] as const)("trailers are left out with framing %s", (framing) => {
    const { writer, socket } = createWire();
    writer.sendFrom(
      composed(HEAD),
      new ManualSource(undefined, (sink) => sink.end(new HeaderList(["etag", "1"]))),
      framing,
      0,
    );
    expect(socket.wire).toBe(HEAD);
  });
});

describe("a body that is not as long as its head has promised", () => {
  test("fails when it is longer, with nothing on the wire beyond the promise", () => {
    const { writer, socket, calls } = createWire();
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "length", 4);
    source.sink.write(bytes("abc"));
    expect(source.sink.write(bytes("de"))).toBe(true);
    source.sink.end();
    expect(socket.wire).toBe(`${HEAD}abc`);
    expect(calls).toEqual(["failed internal"]);
    expect(source.calls).toEqual(["start", "cancel internal"]);
  });

  test("fails when it is shorter", () => {
    const { writer, calls } = createWire();
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "length", 4);
    source.sink.write(bytes("abc"));
    source.sink.end();
    expect(calls).toEqual(["failed internal"]);
  });
});

describe("a body that fails", () => {
  const RESET = new GatewayError("upstream_reset");

  test.each(["length", "chunked", "close"] as const)(
    "with framing %s gives no end, and tells the owner once",
    (framing) => {
      const { writer, socket, calls } = createWire();
      const source = new ManualSource();
      writer.sendFrom(composed(HEAD), source, framing, 5);
      source.sink.write(bytes("abc"));
      const before = socket.wire;
      source.sink.fail(RESET);
      source.sink.fail(RESET);
      source.sink.write(bytes("de"));
      source.sink.end();
      expect(socket.wire).toBe(before);
      expect(calls).toEqual(["failed upstream_reset"]);
    },
  );

  test("before anything was sent leaves not even the head", () => {
    const { writer, socket, calls } = createWire();
    writer.sendFrom(composed(HEAD), new ManualSource(undefined, (sink) => sink.fail(RESET)), "chunked", 0);
    expect(socket.wire).toBe("");
    expect(writer.hasSent).toBe(false);
    expect(calls).toEqual(["failed upstream_reset"]);
  });
});

describe("messages one after the other", () => {
  test("each is counted by itself", () => {
    const { writer, socket, calls } = createWire();
    const framings: WriteFraming[] = ["length", "chunked", "none"];
    for (const framing of framings) writer.sendWhole(composed(HEAD), Body.of(bytes("abc")), framing);
    expect(socket.wire).toBe(`${HEAD}abc${HEAD}3\r\nabc\r\n0\r\n\r\n${HEAD}`);
    expect(writer.bodyBytes).toBe(0);
    expect(calls).toEqual(["sent", "sent", "sent"]);
  });

  test("the next may begin as soon as the owner is told", () => {
    const { writer, socket, owner } = createWire();
    let left = 3;
    owner.onMessageSent = () => {
      if (--left > 0) writer.sendFrom(composed(HEAD), new ManualSource(undefined, (sink) => sink.end()), "chunked", 0);
    };
    writer.sendFrom(composed(HEAD), new ManualSource(undefined, (sink) => sink.end()), "chunked", 0);
    expect(socket.wire).toBe(`${HEAD}0\r\n\r\n`.repeat(3));
  });

  test("an interim response goes before a message, and is none", () => {
    const { writer, socket, calls } = createWire();
    writer.sendInterim("HTTP/1.1 103 Early Hints\r\nlink: caf\xe9\r\n\r\n");
    expect(calls).toEqual([]);
    writer.sendWhole(composed(HEAD), Body.empty, "none");
    expect(socket.wire).toBe(`HTTP/1.1 103 Early Hints\r\nlink: caf\xe9\r\n\r\n${HEAD}`);
    expect(calls).toEqual(["sent"]);
  });
});
