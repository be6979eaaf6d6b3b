import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import type { RawResponse } from "../support/messages.ts";
import { replies } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, describeHttp1, listenEveryWay, portOf, type Way } from "../support/ways.ts";

let open: Upstream;
let closed: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  open = startUpstream(replies());
  closed = startUpstream(replies());
  gateway = await startInProcess(`
${listenEveryWay()}
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

function ask(way: Way, line: string, ...fields: readonly string[]): Promise<RawResponse> {
  const lines = ["Host: shop.example", ...fields].map((field) => `${field}\r\n`).join("");
  return way.exchange(portOf(way, gateway), `${line} HTTP/1.1\r\n${lines}\r\n`);
}

/** The target that the upstream got. */
async function targetOf(way: Way, target: string): Promise<string | undefined> {
  const before = open.requests.length;
  expect((await ask(way, `GET ${target}`)).status).toBe(200);
  expect(open.requests).toHaveLength(before + 1);
  return open.requests.at(-1)?.target;
}

/** The target as it is forwarded: what Bun's server reads is in the form of URLs. */
function formOf(way: Way, target: string): string {
  if (!way.differs("target")) return target;
  const { pathname, search } = new URL(`http://shop.example${target}`);
  return pathname + (search === "" && target.endsWith("?") ? "?" : search);
}

describeEveryWay("the path is matched and forwarded in one form", (way) => {
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
    expect(await targetOf(way, target)).toBe(formOf(way, forwarded));
  });

  test.each(["/public/../admin/x", "/public/%2e%2e/admin/x", "/public/a/..%2f../../../../admin/x", "/%61dmin/x"])(
    "%s is what it leads to",
    async (target) => {
      expect((await ask(way, `GET ${target}`)).status).toBe(403);
      expect(closed.requests).toHaveLength(0);
    },
  );

  const unclear = ["/public\\x", "/public/a\\..\\x", "/public/caf\xe9"];
  const broken = ["/public/%00", "/public/%", "/public/%4", "/public/%zz", "/public/..;/admin"];
  // A fragment stays with the client of HTTP/3.
  const refused = way.version === "3" ? broken : [...broken, "/public/#x"];
  test.each(way.differs("target") ? refused : [...refused, ...unclear, "/public/..\\admin", "/public/\x7f"])(
    "%s is refused",
    async (target) => {
      const reply = await ask(way, `GET ${target}`);
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.body.toString())).toMatchObject({ code: "bad_request" });
    },
  );

  if (way.differs("target")) {
    test.each(unclear)("%s is forwarded in the form of URLs", async (target) => {
      const forwarded = await targetOf(way, target);
      // Some clients write what is beyond ASCII in UTF-8.
      if (!target.includes("\xe9")) expect(forwarded).toBe(formOf(way, target));
      expect(forwarded).toMatch(/^\/public\/[!-~]+$/);
    });

    test("/public/..\\admin is what it leads to", async () => {
      expect((await ask(way, "GET /public/..\\admin")).status).toBe(403);
      expect(closed.requests).toHaveLength(0);
    });
  }

  test("case counts, and a prefix ends with its segment", async () => {
    expect((await ask(way, "GET /PUBLIC/x")).status).toBe(404);
    expect((await ask(way, "GET /publicx")).status).toBe(404);
  });

  test("nothing escapes a prefix that is stripped", async () => {
    expect(await targetOf(way, "/stripped/../public/x")).toBe("/public/x");
    expect(await targetOf(way, "/stripped")).toBe("/");
    // What is left would be another path than the one that was matched: perhaps one that another route protects.
    for (const target of ["/stripped//admin/x", "/stripped///admin/x"]) {
      expect((await ask(way, `GET ${target}`)).status).toBe(400);
    }
    expect(closed.requests).toHaveLength(0);
  });
});

describeEveryWay("the query is never touched", (way) => {
  test.each(["?", "?a=1&a=2&b", "?x=../%2e%2e/%zz%00", "?a?b", "?q=%e2%82%ac+'\"<>|", "?//x", "?a\\b"])(
    "%s",
    async (query) => {
      expect(await targetOf(way, `/public/x${query}`)).toBe(`/public/x${formOf(way, `/${query}`).slice(1)}`);
    },
  );

  test("of a path in another form", async () => {
    expect(await targetOf(way, "/public/a/../x?y=/../z")).toBe("/public/x?y=/../z");
  });
});

describeHttp1("absolute-form", (way) => {
  test.each([
    ["http://shop.example/public/x?y", "/public/x?y"],
    ["HTTP://shop.example:80/public/x", "/public/x"],
    ["https://shop.example/public/a/../x", "/public/x"],
    ["http://shop.example", "/"],
    ["http://shop.example?q", "/?q"],
  ])("%s → %s", async (target, forwarded) => {
    expect(await targetOf(way, target)).toBe(forwarded);
  });

  test("OPTIONS of a host without a path is about the gateway, as OPTIONS * is", async () => {
    const before = open.requests.length;
    expect((await ask(way, "OPTIONS http://shop.example")).status).toBe(204);
    expect(open.requests).toHaveLength(before);
    expect((await ask(way, "OPTIONS http://shop.example/public/x")).status).toBe(200);
    expect(open.requests).toHaveLength(before + 1);
  });

  test.each([
    "http://",
    "http:///x",
    "ftp://shop.example/x",
    "http://user:pw@shop.example/x",
    "http://a b/x",
    "//shop.example/x y",
  ])("%s is refused", async (target) => {
    expect((await ask(way, `GET ${target}`)).status).toBe(400);
  });
});

describeEveryWay("methods", (way) => {
  // The client of HTTP/3 makes a URL of each target, and no URL is this one.
  if (way.version !== "3") {
    test("OPTIONS * is about the gateway, which answers", async () => {
      const before = open.requests.length;
      const reply = await ask(way, "OPTIONS *");
      expect([reply.status, reply.header("content-length"), reply.body.length]).toEqual([204, undefined, 0]);
      const wrong = ask(way, "GET *");
      if (way.differs("malformed")) await expect(wrong).rejects.toThrow("PROTOCOL_ERROR");
      else expect((await wrong).status).toBe(400);
      expect(open.requests).toHaveLength(before);
    });
  }

  test("TRACE is refused, and says what is not", async () => {
    const reply = await ask(way, "TRACE /public/x", "Cookie: secret=1");
    expect(reply.status).toBe(405);
    expect(reply.header("allow")?.split(", ")).toContain("GET");
    expect(reply.header("allow")).not.toContain("TRACE");
    expect(reply.raw).not.toContain("secret");
  });

  test.each(["PURGE", "M-SEARCH", "PROPFIND", "QUERY"])("%s passes as it is", async (method) => {
    expect((await ask(way, `${method} /public/x`)).status).toBe(200);
    expect(open.requests.at(-1)?.method).toBe(method);
  });

  // The client of HTTP/3 does not send such a one.
  if (way.version !== "3") {
    test("one that nobody has heard of passes too", async () => {
      const before = open.requests.length;
      const { status } = await ask(way, "FROB /public/x");
      const isKnown = !way.differs("methods");
      expect([status, open.requests.length - before]).toEqual(isKnown ? [200, 1] : [501, 0]);
    });
  }
});

describeHttp1("CONNECT", (way) => {
  test.each(["CONNECT shop.example:443", "CONNECT /public/x", "CONNECT shop.example:"])(
    "%s is refused",
    async (line) => {
      expect((await ask(way, line)).status).toBe(501);
    },
  );
});

describeEveryWay("Max-Forwards", (way) => {
  test("of OPTIONS counts down", async () => {
    for (const [sent, forwarded] of [
      ["10", "9"],
      ["1", "0"],
      ["007", "6"],
      ["99999999999999999999", "2147483647"],
    ] as const) {
      expect((await ask(way, "OPTIONS /public/x", `Max-Forwards: ${sent}`)).status).toBe(200);
      expect(open.requests.at(-1)?.all("max-forwards")).toEqual([forwarded]);
    }
  });

  test("0 of OPTIONS ends at the gateway", async () => {
    const before = open.requests.length;
    const reply = await ask(way, "OPTIONS /public/x", "Max-Forwards: 0");
    expect([reply.status, reply.body.length]).toEqual([204, 0]);
    expect(open.requests).toHaveLength(before);
  });

  test("of another method, or without sense, passes untouched", async () => {
    await ask(way, "GET /public/x", "Max-Forwards: 0");
    expect(open.requests.at(-1)?.header("max-forwards")).toBe("0");
    await ask(way, "OPTIONS /public/x", "Max-Forwards: -1");
    expect(open.requests.at(-1)?.header("max-forwards")).toBe("-1");
  });
});

describeHttp1("Max-Forwards", (way) => {
  test("twice passes untouched", async () => {
    await ask(way, "OPTIONS /public/x", "Max-Forwards: 1", "Max-Forwards: 0");
    expect(open.requests.at(-1)?.all("max-forwards")).toEqual(["1", "0"]);
  });
});
