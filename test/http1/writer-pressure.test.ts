import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GatewayError } from "../../src/errors.ts";
import type { WriteFraming } from "../../src/http1/writer.ts";
import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { ManualSource } from "../message/manual-source.ts";
import { composed } from "./composed.ts";
import { createWire, drain } from "./wire.ts";

const HEAD = "HTTP/1.1 200 OK\r\n\r\n";
const INTERIM = "HTTP/1.1 103 Early Hints\r\n\r\n";
const RESET = new GatewayError("upstream_reset");
const bytes = (text: string) => Buffer.from(text, "latin1");

describe("a peer that takes only part of what is written", () => {
  test("gets the rest in order, the owner is told once, and only at the end", () => {
    const { writer, socket, calls } = createWire([10, 0, 5]);
    writer.sendWhole(composed(HEAD), Body.of(bytes("hello")), "length");
    expect(writer.isBlocked).toBe(true);
    expect(calls).toEqual(["blocked"]);
    drain(writer);
    expect(socket.wire).toBe(`${HEAD}hello`);
    expect(calls.filter((call) => call === "sent")).toHaveLength(1);
    expect(calls.at(-1)).toBe("sent");
    expect(calls.at(-2)).toBe("free");
  });

  test("is told of as often as it stops taking, not more", () => {
    const { writer, calls } = createWire([10, 10, 100]);
    writer.sendWhole(composed(HEAD), Body.of(bytes("hello")), "length");
    writer.onDrain();
    writer.onDrain();
    expect(calls).toEqual(["blocked", "blocked", "free", "sent"]);
  });

  test("stops its source, which goes on after the drain", () => {
    const { writer, socket, calls } = createWire([HEAD.length, 3, 100, 100, 100]);
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    expect(source.sink.write(bytes("hello"))).toBe(false);
    expect(source.calls).toEqual(["start"]);
    writer.onDrain();
    expect(source.calls).toEqual(["start", "resume"]);
    expect(calls).toEqual(["blocked", "free"]);
    expect(source.sink.write(bytes("x"))).toBe(true);
    source.sink.end();
    expect(socket.wire).toBe(`${HEAD}5\r\nhello\r\n1\r\nx\r\n0\r\n\r\n`);
    expect(calls).toEqual(["blocked", "free", "sent"]);
  });

  test("gets what a source sends although it was stopped", () => {
    const { writer, socket } = createWire([HEAD.length, 1, 1000]);
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "length", 6);
    expect(source.sink.write(bytes("ab"))).toBe(false);
    expect(source.sink.write(bytes("cd"))).toBe(false);
    expect(source.sink.write(new Uint8Array(0))).toBe(false);
    source.sink.write(bytes("ef"));
    source.sink.end();
    drain(writer);
    expect(socket.wire).toBe(`${HEAD}abcdef`);
  });

  test("does not have its bytes changed by what other connections write meanwhile", () => {
    const blocked = createWire([1, 1000]);
    blocked.writer.sendWhole(composed(HEAD), Body.of(bytes("hello")), "length");
    const other = createWire();
    other.writer.sendWhole(composed("X".repeat(200)), Body.of(bytes("Y".repeat(200))), "length");
    drain(blocked.writer);
    expect(blocked.socket.wire).toBe(`${HEAD}hello`);
  });

  test("a drain without need changes nothing", () => {
    const { writer, calls } = createWire();
    writer.onDrain();
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    writer.onDrain();
    expect(calls).toEqual([]);
    expect(source.calls).toEqual(["start"]);
  });
});

describe("interim responses to a peer that takes nothing", () => {
  test("do not count as a message once they are taken", () => {
    const { writer, socket, calls } = createWire([5, 1000, 1000]);
    writer.sendInterim(INTERIM);
    expect(calls).toEqual(["blocked"]);
    writer.onDrain();
    expect(socket.wire).toBe(INTERIM);
    expect(calls).toEqual(["blocked", "free"]);
    writer.sendWhole(composed(HEAD), Body.empty, "none");
    expect(calls).toEqual(["blocked", "free", "sent"]);
  });

  test("are not kept one behind the other", () => {
    const { writer, socket } = createWire([5, 1000]);
    for (let i = 0; i < 100; i++) writer.sendInterim(INTERIM);
    writer.sendWhole(composed(HEAD), Body.empty, "none");
    drain(writer);
    expect(socket.wire).toBe(INTERIM + HEAD);
  });

  test("before a message that is blocked as well, which is told of once", () => {
    const { writer, socket, calls } = createWire([5]);
    writer.sendInterim(INTERIM);
    writer.sendWhole(composed(HEAD), Body.of(bytes("abc")), "length");
    drain(writer);
    expect(socket.wire).toBe(`${INTERIM}${HEAD}abc`);
    expect(calls.filter((call) => call === "sent")).toHaveLength(1);
  });
});

describe("a connection that goes", () => {
  test("takes what is kept and the source along", () => {
    const { writer, socket, calls } = createWire([3]);
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    writer.abandon(RESET);
    expect(source.calls).toEqual(["start", "cancel upstream_reset"]);
    writer.onDrain();
    source.sink.write(bytes("abc"));
    source.sink.end();
    source.sink.fail(RESET);
    expect(socket.wire).toBe(HEAD.slice(0, 3));
    expect(calls.filter((call) => call !== "blocked" && call !== "free")).toEqual([]);
  });

  test("after the last byte was written, but not taken, leaves the message untold", () => {
    const { writer, calls } = createWire([3]);
    writer.sendWhole(composed(HEAD), Body.of(bytes("abc")), "length");
    writer.abandon(RESET);
    writer.onDrain();
    expect(calls).not.toContain("sent");
  });

  test("from within the owner, while the source starts, is not written to again", () => {
    const { writer, socket, owner } = createWire([3]);
    owner.onBlocked = () => writer.abandon(RESET);
    const source = new ManualSource(undefined, (sink) => {
      sink.write(bytes("abc"));
      sink.write(bytes("def"));
      sink.end();
    });
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    expect(socket.wire).toBe(HEAD.slice(0, 3));
    expect(source.calls).toEqual(["start", "cancel upstream_reset"]);
    expect(owner.calls).toEqual([]);
  });

  test("and says so by -1 keeps nothing, and blocks nothing", () => {
    const { writer, socket } = createWire();
    socket.isClosed = true;
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "length", 10);
    expect(source.sink.write(bytes("abc"))).toBe(true);
    expect(writer).toMatchObject({ isBlocked: false, hasSent: false });
  });

  test("a failure with bytes still waiting is told at once, and they are no message", () => {
    const { writer, calls } = createWire([3]);
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    source.sink.fail(RESET);
    drain(writer);
    expect(calls.filter((call) => call !== "blocked" && call !== "free")).toEqual(["failed upstream_reset"]);
  });
});

describe("any pattern of short writes", () => {
  const framing = fc.constantFrom<WriteFraming>("length", "chunked", "close", "none");
  const takes = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 }).filter((all) => all.some((n) => n > 0));
  const parts = fc.array(
    fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(16_384, 16_385, 100_000)).map((size) => "x".repeat(size)),
    { maxLength: 5 },
  );

  function expected(kind: WriteFraming, content: readonly string[]): string {
    if (kind === "none") return HEAD;
    if (kind !== "chunked") return HEAD + content.join("");
    const chunks = content.filter((part) => part !== "").map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    return `${HEAD}${chunks.join("")}0\r\nx-t: 1\r\n\r\n`;
  }

  test("puts the very same bytes on the wire, and tells of each message once", () => {
    fc.assert(
      fc.property(framing, takes, parts, fc.boolean(), (kind, pattern, content, isPatient) => {
        const { writer, socket, calls } = createWire(pattern.map((most) => most * 997));
        const length = content.reduce((sum, part) => sum + part.length, 0);
        const source = new ManualSource();
        writer.sendFrom(composed(HEAD), source, kind, length);
        for (const part of content) if (!source.sink.write(bytes(part)) && isPatient) drain(writer);
        source.sink.end(new HeaderList(["x-t", "1"]));
        drain(writer);
        expect(socket.wire === expected(kind, content)).toBe(true);
        expect(calls.filter((call) => call === "sent")).toHaveLength(1);
      }),
    );
  });

  test("also byte by byte", () => {
    for (const kind of ["length", "chunked", "close"] as const) {
      const { writer, socket } = createWire([1, 0]);
      const source = new ManualSource();
      writer.sendFrom(composed(HEAD), source, kind, 11);
      for (const part of ["hello", " world"]) source.sink.write(bytes(part));
      source.sink.end(new HeaderList(["x-t", "1"]));
      drain(writer);
      expect(socket.wire).toBe(expected(kind, ["hello", " world"]));
    }
  });
});

describe("the bytes of a body that is given up", () => {
  test("are those that have left, and not the rest of the head", () => {
    for (const [taken, bodyBytes] of [
      [3, 0],
      [HEAD.length, 0],
      [HEAD.length + 2, 2],
    ] as const) {
      const { writer } = createWire([taken, 0]);
      writer.sendWhole(composed(HEAD), Body.of(bytes("hello")), "length");
      writer.abandon(RESET);
      expect(writer.bodyBytes).toBe(bodyBytes);
    }
  });

  test("of a source are not those that the peer has not taken", () => {
    const { writer } = createWire([HEAD.length, 1, 0]);
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "length", 100);
    source.sink.write(bytes("a"));
    source.sink.write(bytes("bc"));
    writer.abandon(RESET);
    expect(writer.bodyBytes).toBe(1);
  });

  test("are never fewer than none, though frames of chunks are left, too", () => {
    const { writer } = createWire([HEAD.length, 0]);
    const source = new ManualSource();
    writer.sendFrom(composed(HEAD), source, "chunked", 0);
    source.sink.write(bytes("a"));
    writer.abandon(RESET);
    expect(writer.bodyBytes).toBe(0);
  });

  test("are not those that came when the socket was closed, nor those that are too many", () => {
    const closed = createWire();
    const source = new ManualSource();
    closed.writer.sendFrom(composed(HEAD), source, "length", 100);
    source.sink.write(bytes("ab"));
    closed.socket.isClosed = true;
    source.sink.write(bytes("cde"));
    closed.writer.abandon(RESET);
    expect(closed.writer.bodyBytes).toBe(2);
    const long = createWire();
    const tooLong = new ManualSource();
    long.writer.sendFrom(composed(HEAD), tooLong, "length", 3);
    tooLong.sink.write(bytes("ab"));
    tooLong.sink.write(bytes("cd"));
    long.writer.abandon(RESET);
    expect(long.writer.bodyBytes).toBe(2);
  });
});
