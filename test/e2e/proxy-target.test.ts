import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import type { RawResponse } from "../support/messages.ts";
import { exchange } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let open: Upstream;
let closed: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  open = startUpstream(replies());
  closed = startUpstream(replies());
  gateway = await startInProcess(`
services:
  open: { targets: ["${open.url}"] }
  closed: { targets: ["${closed.url}"] }
routes:
  - { path: /public/*, service: open }
  - { path: /stripped/*, service: open, strip-prefix: /stripped }
  - { path: /admin/*, service: closed, plugins: { respond: { status: 403 } } }
  - { path: /, service: open }
`);
});
afterAll(async () => {
  await gateway.stop();
  open.stop();
  closed.stop();
});

function ask(line: string, ...fields: readonly string[]): Promise<RawResponse> {
  const lines = ["Host: shop.example", ...fields].map((field) => `${field}\r\n`).join("");
  return exchange(gateway.port, `${line} HTTP/1.1\r\n${lines}\r\n`);
}

/** The target that the upstream got. */
async function targetOf(target: string): Promise<string | undefined> {
  const before = open.requests.length;
  expect((await ask(`GET ${target}`)).status).toBe(200);
  expect(open.requests).toHaveLength(before + 1);
  return open.requests.at(-1)?.target;
}

describe("the path is matched and forwarded in one form", () => {
  test.each([
    ["/public/./x", "/public/x"],
    ["/public/a/../x", "/public/x"],
    ["/public/a/%2e%2E/x", "/public/x"],
    ["/public/a/.%2e/x/.", "/public/x/"],
    ["/admin/../public/x", "/public/x"],
    ["/../../public/x", "/public/x"],
    ["/%70ublic/%7Euser/%41", "/public/~user/A"],
    ["/public/a%2fb%2Fc", "/public/a%2fb%2Fc"],
    ["/public/a%5cb", "/public/a%5cb"],
    ["/public/a;v=1;w=2/b", "/public/a;v=1;w=2/b"],
    ["/public//a///b", "/public//a///b"],
    ["/public/%252e%252e/x", "/public/%252e%252e/x"],
    ["/public/%c0%ae%c0%ae/x", "/public/%c0%ae%c0%ae/x"],
    ["/public/%0d%0aX-A:%201", "/public/%0d%0aX-A:%201"],
    ["/public/a%3Fb%23c", "/public/a%3Fb%23c"],
    ["/public/!$&'()*+,=:@[]|^`{}\"<>", "/public/!$&'()*+,=:@[]|^`{}\"<>"],
  ])("%s → %s", async (target, forwarded) => {
    expect(await targetOf(target)).toBe(forwarded);
  });

  test.each(["/public/../admin/x", "/public/%2e%2e/admin/x", "/public/a/..%2f../../../../admin/x", "/%61dmin/x"])(
    "%s is what it leads to",
    async (target) => {
      expect((await ask(`GET ${target}`)).status).toBe(403);
      expect(closed.requests).toHaveLength(0);
    },
  );

  test.each([
    "/public\\x",
    "/public/..\\admin",
    "/public/%00",
    "/public/%",
    "/public/%4",
    "/public/%zz",
    "/public/..;/admin",
    "/public/#x",
    "/public/\x7f",
    "/public/caf\xe9",
  ])("%s is refused", async (target) => {
    const reply = await ask(`GET ${target}`);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ code: "bad_request" });
  });

  test("case counts, and a prefix ends with its segment", async () => {
    expect((await ask("GET /PUBLIC/x")).status).toBe(404);
    expect((await ask("GET /publicx")).status).toBe(404);
  });

  test("nothing escapes a prefix that is stripped", async () => {
    expect(await targetOf("/stripped/../public/x")).toBe("/public/x");
    expect(await targetOf("/stripped")).toBe("/");
    // What is left would be another path than the one that was matched: perhaps one that another route protects.
    for (const target of ["/stripped//admin/x", "/stripped///admin/x"]) {
      expect((await ask(`GET ${target}`)).status).toBe(400);
    }
    expect(closed.requests).toHaveLength(0);
  });
});

describe("the query is never touched", () => {
  test.each(["?", "?a=1&a=2&b", "?x=../%2e%2e/%zz%00", "?a?b", "?q=%e2%82%ac+'\"<>|", "?//x", "?a\\b"])(
    "%s",
    async (query) => {
      expect(await targetOf(`/public/x${query}`)).toBe(`/public/x${query}`);
    },
  );

  test("of a path in another form", async () => {
    expect(await targetOf("/public/a/../x?y=/../z")).toBe("/public/x?y=/../z");
  });
});

describe("absolute-form", () => {
  test.each([
    ["http://shop.example/public/x?y", "/public/x?y"],
    ["HTTP://shop.example:80/public/x", "/public/x"],
    ["https://shop.example/public/a/../x", "/public/x"],
    ["http://shop.example", "/"],
    ["http://shop.example?q", "/?q"],
  ])("%s → %s", async (target, forwarded) => {
    expect(await targetOf(target)).toBe(forwarded);
  });

  test.each([
    "http://",
    "http:///x",
    "ftp://shop.example/x",
    "http://user:pw@shop.example/x",
    "http://a b/x",
    "//shop.example/x y",
  ])("%s is refused", async (target) => {
    expect((await ask(`GET ${target}`)).status).toBe(400);
  });
});

describe("methods", () => {
  test("OPTIONS * is about the gateway, which answers", async () => {
    const before = open.requests.length;
    const reply = await ask("OPTIONS *");
    expect([reply.status, reply.header("content-length"), reply.body.length]).toEqual([204, undefined, 0]);
    expect((await ask("GET *")).status).toBe(400);
    expect(open.requests).toHaveLength(before);
  });

  test("TRACE is refused, and says what is not", async () => {
    const reply = await ask("TRACE /public/x", "Cookie: secret=1");
    expect(reply.status).toBe(405);
    expect(reply.header("allow")?.split(", ")).toContain("GET");
    expect(reply.header("allow")).not.toContain("TRACE");
    expect(reply.raw).not.toContain("secret");
  });

  test.each(["CONNECT shop.example:443", "CONNECT /public/x", "CONNECT shop.example:"])(
    "%s is refused",
    async (line) => {
      expect((await ask(line)).status).toBe(501);
    },
  );

  test.each(["PURGE", "M-SEARCH", "PROPFIND", "QUERY"])("%s passes as it is", async (method) => {
    expect((await ask(`${method} /public/x`)).status).toBe(200);
    expect(open.requests.at(-1)?.method).toBe(method);
  });
});

describe("Max-Forwards", () => {
  test("of OPTIONS counts down", async () => {
    for (const [sent, forwarded] of [
      ["10", "9"],
      ["1", "0"],
      ["007", "6"],
      ["99999999999999999999", "2147483647"],
    ] as const) {
      expect((await ask("OPTIONS /public/x", `Max-Forwards: ${sent}`)).status).toBe(200);
      expect(open.requests.at(-1)?.all("max-forwards")).toEqual([forwarded]);
    }
  });

  test("0 of OPTIONS ends at the gateway", async () => {
    const before = open.requests.length;
    const reply = await ask("OPTIONS /public/x", "Max-Forwards: 0");
    expect([reply.status, reply.body.length]).toEqual([204, 0]);
    expect(open.requests).toHaveLength(before);
  });

  test("of another method, or without sense, passes untouched", async () => {
    await ask("GET /public/x", "Max-Forwards: 0");
    expect(open.requests.at(-1)?.header("max-forwards")).toBe("0");
    await ask("OPTIONS /public/x", "Max-Forwards: -1");
    expect(open.requests.at(-1)?.header("max-forwards")).toBe("-1");
    await ask("OPTIONS /public/x", "Max-Forwards: 1", "Max-Forwards: 0");
    expect(open.requests.at(-1)?.all("max-forwards")).toEqual(["1", "0"]);
  });
});
