import { beforeAll, describe, expect, test } from "bun:test";
import type { PluginTest } from "../../../src/testing.ts";
import { ask, validator } from "./support.ts";

let t: PluginTest;
beforeAll(async () => {
  t = await validator();
});

interface PartText {
  readonly name?: string;
  readonly more?: string;
  readonly head?: string;
  readonly content: string;
}

/** Heads of a part that is age to some readers only. */
const READERS_DIFFER: readonly (readonly [string, string])[] = [
  ["two names", 'Content-Disposition: form-data; name="age"; name="evil"'],
  ["a second name in another spelling", "Content-Disposition: form-data; name=\"age\"; name*=utf-8''evil"],
  ["two types", 'Content-Disposition: form-data; name="age"\r\nContent-Type: text/plain\r\nContent-Type: text/html'],
  [
    "a blank before a colon",
    'Content-Disposition: form-data; name="age"\r\nContent-Disposition : form-data; name="evil"',
  ],
  ["a folded line", 'Content-Disposition: form-data; name="age";\r\n name="evil"'],
  ["a carriage return", 'Content-Disposition: form-data; name="age"\rContent-Disposition: form-data; name="evil"'],
  ["a line feed", 'Content-Disposition: form-data; name="age"\nContent-Disposition: form-data; name="evil"'],
  ["a NUL", 'Content-Disposition: form-data; name="age\0"'],
  ["a quote that does not end", 'Content-Disposition: form-data; name="age"; filename="x'],
  ["something between parameters", 'Content-Disposition: form-data; name="age" evil; name=x'],
  ["no colon", 'Content-Disposition: form-data; name="age"\r\nevil'],
  ["an encoding", 'Content-Disposition: form-data; name="age"\r\nContent-Transfer-Encoding: base64'],
  ["a type that is none", 'Content-Disposition: form-data; name="age"\r\nContent-Type: text'],
];

function multipart(parts: readonly PartText[], end = "\r\n--XX--\r\n"): string {
  const texts = parts.map(({ name = "", more = "", head, content }) => {
    const disposition = `Content-Disposition: form-data; name="${name}"${more}`;
    return `--XX\r\n${head ?? disposition}\r\n\r\n${content}`;
  });
  return `${texts.join("\r\n")}${end}`;
}

describe("a multipart body", () => {
  const png = { name: "picture", more: '; filename="a.png"\r\nContent-Type: image/png', content: "\x89PNG" };
  const send = (body: string, type = "multipart/form-data; boundary=XX") =>
    ask(t, {
      method: "POST",
      path: "/v1/upload",
      headers: { "content-type": type },
      body: Buffer.from(body, "latin1"),
    });

  test.each<[string, readonly PartText[], readonly string[]]>([
    ["a file", [png], []],
    ["a file of another documented type", [{ ...png, more: '; filename="a"\r\nContent-Type: image/gif' }], []],
    [
      "texts",
      [png, { name: "age", content: "7" }, { name: "notes", content: "ab" }, { name: "notes", content: "cd" }],
      [],
    ],
    ["JSON", [png, { name: "at", content: '{"x":1}' }], []],
    ["JSON that says so", [png, { name: "at", more: "\r\nContent-Type: application/json", content: '{"x":1}' }], []],
    [
      "a file of JSON that is none",
      [{ ...png, more: '; filename="a.json"\r\nContent-Type: application/json' }],
      ["/picture"],
    ],
    ["no file", [{ name: "age", content: "7" }], ["/picture"]],
    ["a file of a wrong type", [{ ...png, more: '; filename="a"\r\nContent-Type: text/html' }], ["/picture"]],
    ["a file that is too large", [{ ...png, content: "x".repeat(11) }], ["/picture"]],
    ["two files", [png, png], ["/picture"]],
    ["a wrong text", [png, { name: "age", content: "x" }], ["/age"]],
    ["a wrong text of several", [png, { name: "notes", content: "ab" }, { name: "notes", content: "c" }], ["/notes/1"]],
    ["wrong JSON", [png, { name: "at", content: '{"x":"1"}' }], ["/at/x"]],
    ["a part that there is not", [png, { name: "evil", content: "x" }], ["/evil"]],
  ])("with %s", async (_, parts, places) => {
    const verdict = await send(multipart(parts));
    expect([...new Set(verdict.places)]).toEqual([...places]);
    expect(verdict.outcome).toBe(places.length === 0 ? "200" : "422 validation_failed");
  });

  test.each(READERS_DIFFER)("that readers take for different ones, with %s, is 400", async (_, head) => {
    expect((await send(multipart([png, { head, content: "7" }]))).outcome).toBe("400 bad_request");
  });

  test("has the name that its head says, not one in the name of a file", async () => {
    const head = 'Content-Disposition: form-data; filename="; name=age;"; name="evil"';
    expect((await send(multipart([png, { head, content: "7" }]))).places).toEqual(["/evil"]);
    const escaped = 'Content-Disposition: form-data; filename="\\"; name=age; x=\\""; name=evil';
    expect((await send(multipart([png, { head: escaped, content: "7" }]))).places).toEqual(["/evil"]);
  });

  test("has one boundary, and nothing else that could be one", async () => {
    for (const more of [
      "; boundary=YY",
      '; x="',
      "; boundary = YY",
      " boundary=YY",
      "; charset=utf-8; charset=utf-16",
    ]) {
      const { outcome } = await send(multipart([png]), `multipart/form-data; boundary=XX${more}`);
      expect([more, outcome]).toEqual([more, "415 unsupported_media_type"]);
    }
    expect((await send(multipart([png]), 'multipart/form-data ; boundary="XX" ;')).outcome).toBe("200");
  });

  test("may begin with something that means nothing", async () => {
    expect((await send(`hello\r\n${multipart([png])}`)).outcome).toBe("200");
  });

  test.each([
    ["no boundary", multipart([png]), "multipart/form-data"],
    ["another boundary", multipart([png]), "multipart/form-data; boundary=YY"],
    ["no end", multipart([png], ""), undefined],
    ["no head", "--XX\r\n\r\nx\r\n--XX--", undefined],
    ["no name", multipart([{ head: "Content-Type: text/plain", content: "x" }]), undefined],
    [
      "two names",
      multipart([{ name: "a", more: '\r\nContent-Disposition: form-data; name="b"', content: "x" }]),
      undefined,
    ],
    ["an attachment", multipart([{ head: 'Content-Disposition: attachment; name="a"', content: "x" }]), undefined],
    ["something behind a boundary", "--XXevil\r\n\r\n\r\n--XX--", undefined],
    ["JSON that is none", multipart([png, { name: "at", content: "{" }]), undefined],
    ["too many parts", multipart(Array.from({ length: 1_001 }, () => ({ name: "notes", content: "ab" }))), undefined],
    ["nothing", "--", undefined],
  ])("with %s is 400", async (_, body, type) => {
    expect((await send(body, type)).outcome).toBe("400 bad_request");
  });
});
