import { describe, expect, test } from "bun:test";
import headers from "../../plugins/headers.ts";
import { GatewayError, type Handler, Reply } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

const SENT = { authorization: "secret", "x-a": "1", accept: "*/*" };

/** Field lines of what the service gets, without host. */
async function received(options: Record<string, unknown>, sent: Record<string, string> = SENT): Promise<string[]> {
  const t = await testPlugin(headers, { request: options });
  const { ctx } = await t.request({ headers: sent });
  return lines(ctx.request.headers).filter((line) => !line.startsWith("host:"));
}

function lines(list: Iterable<readonly [string, string]>): string[] {
  return [...list].map(([name, value]) => `${name}: ${value}`);
}

describe("the request to the service", () => {
  test("remove, set and add, names in any case", async () => {
    const options = {
      remove: ["Authorization", "x-none"],
      set: { "X-A": "2", "x-new": "3" },
      add: { Accept: "text/html" },
    };
    expect(await received(options)).toEqual(["x-a: 2", "accept: */*", "x-new: 3", "accept: text/html"]);
  });

  test("a header that is removed and set has the value that was set", async () => {
    expect(await received({ remove: ["x-a"], set: { "x-a": "new" } }, { "x-a": "1" })).toEqual(["x-a: new"]);
  });

  test("set replaces every line of the name", async () => {
    const t = await testPlugin(headers, { request: { set: { "x-a": "3" } } });
    const sent: [string, string][] = [
      ["x-a", "1"],
      ["x-b", "-"],
      ["x-a", "2"],
    ];
    const { ctx } = await t.request({ headers: sent });
    expect(ctx.request.headers.getAll("x-a")).toEqual(["3"]);
  });

  test("is changed after authentication and cache, which see what the client sent", async () => {
    const t = await testPlugin(headers, { request: { remove: ["authorization"] } });
    expect(Object.keys(t.phases)).toEqual(["forward"]);
  });

  test("is changed once, however often it is tried", async () => {
    const t = await testPlugin(headers, { request: { add: { "x-a": "2" } } });
    const ctx = t.context({ headers: { "x-a": "1" } });
    const handler = t.phases.forward?.(() => new Reply(200)) as Handler;
    await handler(ctx);
    await handler(ctx);
    expect(ctx.request.headers.getAll("x-a")).toEqual(["1", "2"]);
  });

  test("another instance, for example the service's own, changes it as well", async () => {
    const global = await testPlugin(headers, { request: { add: { "x-a": "1" } } });
    const own = await testPlugin(headers, { request: { add: { "x-a": "2" } } });
    const inner = own.phases.forward?.(() => new Reply(200)) as Handler;
    const ctx = global.context();
    await global.phases.forward?.(inner)(ctx);
    expect(ctx.request.headers.getAll("x-a")).toEqual(["1", "2"]);
  });
});

describe("the reply to the client", () => {
  test("remove, set and add", async () => {
    const t = await testPlugin(headers, {
      response: { remove: ["Server"], set: { "Cache-Control": "no-store" }, add: { "set-cookie": "b=2" } },
    });
    const theirs = { server: "x", "cache-control": "public", "set-cookie": "a=1" };
    const { reply } = await t.request({}, () => Reply.json(200, {}, theirs));
    expect(lines(reply.headers)).toEqual([
      "content-type: application/json",
      "cache-control: no-store",
      "set-cookie: a=1",
      "set-cookie: b=2",
    ]);
  });

  test("an error is changed, too", async () => {
    const t = await testPlugin(headers, { response: { set: { "x-frame-options": "DENY" } } });
    const { reply } = await t.request({}, () => {
      throw new GatewayError("upstream_reset");
    });
    expect(reply.status).toBe(502);
    expect(reply.headers.get("x-frame-options")).toBe("DENY");
  });

  test("may drop what the request to the service may not", async () => {
    const t = await testPlugin(headers, { response: { remove: ["via"] } });
    const { reply } = await t.request({}, () => Reply.json(200, {}, { via: "1.1 inner" }));
    expect(reply.headers.has("via")).toBe(false);
  });
});

describe("values made of the request", () => {
  test("every placeholder, alone and within text", async () => {
    const options = { set: { "x-a": "{request-id}", "x-b": "from {client-address} by {route}/{service}!" } };
    const t = await testPlugin(headers, { request: options, response: { set: { "x-id": "id {request-id}" } } });
    const { ctx, reply } = await t.request({ peer: { address: "192.0.2.7" } });
    expect(ctx.request.headers.get("x-a")).toBe(ctx.requestId);
    expect(ctx.request.headers.get("x-b")).toBe("from 192.0.2.7 by test/test!");
    expect(reply.headers.get("x-id")).toBe(`id ${ctx.requestId}`);
  });

  test("without a route and a service there is a hyphen", async () => {
    const place = { route: undefined, service: undefined };
    const t = await testPlugin(headers, { response: { set: { "x-a": "{route} {service}" } } }, place);
    expect((await t.request()).reply.headers.get("x-a")).toBe("- -");
  });

  test("braces around no name are text", async () => {
    const value = '{"group":"default","max_age":86400} { route } {Route} {}';
    const t = await testPlugin(headers, { response: { set: { "report-to": value } } });
    expect((await t.request()).reply.headers.get("report-to")).toBe(value);
  });

  test("an unknown one is refused, and those there are are told", async () => {
    const message = "request.add.x-a: there is no {user}; there are {request-id}, {client-address}, {route}, {service}";
    await expect(testPlugin(headers, { request: { add: { "x-a": "{user}" } } })).rejects.toThrow(message);
  });

  test("a route's name that cannot stand in a header is refused when it is loaded", async () => {
    const place = { route: { name: "nötig 日本", path: "/" } };
    const options = { request: { set: { "x-route": "{route}" } } };
    await expect(testPlugin(headers, options, place)).rejects.toThrow("request.set: invalid value for header x-route");
  });
});

describe("what is refused at load", () => {
  test.each([
    "Connection",
    "content-length",
    "Transfer-Encoding",
    "te",
    "upgrade",
    "keep-alive",
    "trailer",
    "proxy-connection",
  ])("%s, which belongs to a connection", async (name) => {
    const text = `${name.toLowerCase()} belongs to one connection`;
    for (const side of ["request", "response"]) {
      await expect(testPlugin(headers, { [side]: { set: { [name]: "1" } } })).rejects.toThrow(`${side}.set: ${text}`);
      await expect(testPlugin(headers, { [side]: { add: { [name]: "1" } } })).rejects.toThrow(`${side}.add: ${text}`);
      await expect(testPlugin(headers, { [side]: { remove: [name] } })).rejects.toThrow(`${side}.remove: ${text}`);
    }
  });

  test.each(["Forwarded", "Via", "X-Forwarded-For", "x-forwarded-proto", "x-forwarded-host"])(
    "%s on the request, which the gateway writes itself",
    async (name) => {
      const refused = testPlugin(headers, { request: { remove: [name] } });
      await expect(refused).rejects.toThrow(`the gateway itself writes ${name.toLowerCase()}`);
    },
  );

  test("host: the service has an option for it", async () => {
    const refused = testPlugin(headers, { request: { set: { Host: "x" } } });
    await expect(refused).rejects.toThrow("request.set: host follows the service's preserve-host");
  });

  test.each(["a\r\nset-cookie: x=1", "a\nb", "a\0b", " a", "a ", "日本"])("the value %j", async (value) => {
    const refused = testPlugin(headers, { response: { set: { "x-a": value } } });
    await expect(refused).rejects.toThrow("response.set: invalid value for header x-a");
    await expect(testPlugin(headers, { request: { add: { "x-a": `${value}{route}\n` } } })).rejects.toThrow("x-a");
  });

  test.each(["", "x a", "x:a", "x\r\na", "ä"])("the name %j", async (name) => {
    const refused = testPlugin(headers, { request: { remove: [name] } });
    await expect(refused).rejects.toThrow(`request.remove: ${JSON.stringify(name)} is no name of a header`);
  });

  test("one name in two spellings, of which only one could count", async () => {
    const refused = testPlugin(headers, { request: { set: { "X-A": "1", "x-a": "2" } } });
    await expect(refused).rejects.toThrow("request.set: x-a is here twice");
  });

  test("other keys", async () => {
    await expect(testPlugin(headers, { request: { append: {} } })).rejects.toThrow(
      'request.append: unknown key "append"',
    );
  });
});

test("without options there is no phase, and so no cost", async () => {
  const t = await testPlugin(headers);
  expect(t.phases).toEqual({});
});
