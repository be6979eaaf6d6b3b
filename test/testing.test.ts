import { describe, expect, test } from "bun:test";
import {
  Body,
  contextKey,
  Duration,
  definePlugin,
  FilePath,
  GatewayError,
  type Phases,
  Reply,
  type Scope,
  Type,
} from "../src/plugin.ts";
import { testPlugin } from "../src/testing.ts";
import { tempFolder } from "./support/temp.ts";

/** A plugin without options that does this. */
function pluginOf(setup: (scope: Scope) => Phases) {
  return definePlugin({
    name: "probe",
    description: "For tests.",
    options: Type.Object({}),
    setup: (_, scope) => setup(scope),
  });
}

describe("options", () => {
  const seen: unknown[] = [];
  const plugin = definePlugin({
    name: "probe",
    description: "For tests.",
    options: Type.Object({ wait: Duration({ default: "2s" }), key: Type.Optional(FilePath()) }),
    setup(options) {
      seen.push(options);
      if (options.wait > 60_000) throw new Error("wait: more than a minute");
      return {};
    },
  });

  test("are written as in the YAML: defaults filled in, units decoded, frozen", async () => {
    await testPlugin(plugin);
    await testPlugin(plugin, { wait: "250ms" });
    expect(seen.splice(0)).toEqual([{ wait: 2_000 }, { wait: 250 }]);
    await testPlugin(plugin);
    expect(Object.isFrozen(seen.pop())).toBe(true);
  });

  test("paths start at the folder that is given", async () => {
    using folder = tempFolder();
    folder.write("key.pem", "");
    await testPlugin(plugin, { key: "./key.pem" }, { directory: folder.path });
    expect(seen.pop()).toMatchObject({ key: folder.file("key.pem") });
  });

  test("that the schema or the setup refuses reject, with every problem", async () => {
    const refused = testPlugin(plugin, { wait: "soon", other: 1 });
    await expect(refused).rejects.toThrow(
      /^the options of probe are not valid: .*wait: expected a duration.*; .*other/,
    );
    await expect(testPlugin(plugin, { wait: "2m" })).rejects.toThrow("wait: more than a minute");
  });
});

describe("a request", () => {
  test("runs through the phases in the gateway's order, around the service", async () => {
    const order: string[] = [];
    const filter = (name: string) => () => {
      order.push(name);
      return undefined;
    };
    const layer =
      (name: string): NonNullable<Phases["cache"]> =>
      (next) =>
      async (ctx) => {
        order.push(`${name} in`);
        const reply = await next(ctx);
        order.push(`${name} out`);
        return reply;
      };
    const t = await testPlugin(
      pluginOf(() => ({
        log: () => order.push("log"),
        response: (_, reply) => {
          order.push("response");
          return reply;
        },
        attempt: layer("attempt"),
        forward: layer("forward"),
        cache: layer("cache"),
        limit: filter("limit"),
        authenticate: filter("authenticate"),
        request: filter("request"),
      })),
    );
    await t.request({}, () => {
      order.push("service");
      return Reply.text(200, "ok");
    });
    const layers = ["cache in", "forward in", "attempt in", "service", "attempt out", "forward out", "cache out"];
    expect(order).toEqual(["request", "authenticate", "limit", ...layers, "response", "log"]);
  });

  test("is one that the service gets as it was described", async () => {
    const t = await testPlugin(pluginOf(() => ({})));
    const { ctx } = await t.request({
      method: "PUT",
      path: "/a/b?c=d",
      scheme: "https",
      host: "shop.test",
      headers: { "X-A": "1" },
      body: "content",
      peer: { address: "192.0.2.9", isTrustedProxy: true },
      params: { id: "7" },
    });
    const { request } = ctx;
    expect(request).toMatchObject({ method: "PUT", path: "/a/b", query: "c=d", scheme: "https", host: "shop.test" });
    expect(request.peer).toMatchObject({ address: "192.0.2.9", clientAddress: "192.0.2.9", isTrustedProxy: true });
    expect([...request.headers]).toEqual([
      ["x-a", "1"],
      ["host", "shop.test"],
    ]);
    expect(await request.body.text(100)).toBe("content");
    expect(ctx).toMatchObject({ params: { id: "7" }, service: "test", target: "http://upstream.test", attempts: 1 });
    expect(ctx.route).toEqual({ name: "test", path: "/*" });
  });

  test("by default is GET / and the service says ok", async () => {
    const t = await testPlugin(pluginOf(() => ({})));
    const { ctx, reply, outcome } = await t.request();
    expect([ctx.request.method, ctx.request.path, ctx.request.query]).toEqual(["GET", "/", undefined]);
    expect(await reply.body.text(10)).toBe("ok");
    expect(outcome).toMatchObject({ status: 200, bytesIn: 0, bytesOut: 2, attempts: 1, errorCode: undefined });
    expect(outcome.upstreamMs).toBeNumber();
  });

  test("a web Response is a reply as well", async () => {
    const t = await testPlugin(pluginOf(() => ({})));
    const { reply } = await t.request({}, () => new Response("hi", { status: 201, headers: { "x-a": "1" } }));
    expect([reply.status, reply.headers.get("x-a"), await reply.body.text(10)]).toEqual([201, "1", "hi"]);
  });

  test("bytes of streams are counted on both sides", async () => {
    const t = await testPlugin(pluginOf(() => ({})));
    const body = new Blob(["12345"]).stream();
    const { outcome } = await t.request({ method: "POST", body }, () => new Response(new Blob(["123"]).stream()));
    expect(outcome).toMatchObject({ bytesIn: 5, bytesOut: 3 });
  });

  test("a reply to HEAD sends no body", async () => {
    const t = await testPlugin(pluginOf(() => ({})));
    expect((await t.request({ method: "HEAD" })).outcome.bytesOut).toBe(0);
  });

  test("that is refused does not reach the service, and the outcome says why", async () => {
    const t = await testPlugin(
      pluginOf(() => ({
        limit: () => {
          throw new GatewayError("rate_limited", { headers: { "retry-after": "3" } });
        },
      })),
    );
    const { reply, outcome } = await t.request();
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(outcome).toMatchObject({ attempts: 0, upstreamMs: undefined, errorCode: "rate_limited" });
  });

  test("a reply that breaks off leaves its error in the outcome", async () => {
    const t = await testPlugin(pluginOf(() => ({})));
    const broken = Body.from({
      length: 10,
      start(sink) {
        sink.write(Buffer.from("123"));
        sink.fail(new GatewayError("upstream_reset"));
      },
      resume() {},
      cancel() {},
    });
    const { outcome } = await t.request({}, () => new Reply(200, undefined, broken));
    expect(outcome).toMatchObject({ status: 200, bytesOut: 3, errorCode: "upstream_reset", errorSource: "upstream" });
  });
});

describe("the scope", () => {
  test("logs are recorded, and told request by request", async () => {
    const t = await testPlugin(
      pluginOf(({ log }) => {
        log.info("set up");
        return {
          request(ctx) {
            log.with({ path: ctx.request.path }).warn("seen", { n: 1 });
            return undefined;
          },
        };
      }),
    );
    const { logs } = await t.request({ path: "/a" });
    expect(logs).toEqual([{ level: "warn", message: "seen", fields: { plugin: "probe", path: "/a", n: 1 } }]);
    expect(t.logs).toHaveLength(2);
  });

  test("the clock stands still until it is moved", async () => {
    const times: number[] = [];
    const t = await testPlugin(pluginOf(({ now }) => ({ log: () => times.push(now()) })));
    await t.request();
    t.clock.advance(1_500);
    await t.request();
    expect(times).toEqual([Date.UTC(2030, 0, 1), Date.UTC(2030, 0, 1) + 1_500]);
  });

  test("state outlives a reload; values of a request do not", async () => {
    const key = contextKey<number>("count");
    const plugin = pluginOf(({ state }) => {
      const counter = state("counter", () => ({ count: 0 }));
      return {
        request(ctx) {
          expect(ctx.get(key)).toBeUndefined();
          ctx.set(key, ++counter.count);
          return undefined;
        },
      };
    });
    const t = await testPlugin(plugin);
    expect((await t.request()).ctx.get(key)).toBe(1);
    const reloaded = await t.again();
    expect((await reloaded.request()).ctx.get(key)).toBe(2);
    const separate = await testPlugin(plugin);
    expect((await separate.request()).ctx.get(key)).toBe(1);
  });

  test("closing aborts the signal, then calls close", async () => {
    const events: string[] = [];
    const t = await testPlugin(
      pluginOf(({ signal }) => {
        signal.addEventListener("abort", () => events.push("aborted"));
        return { close: async () => void events.push("closed") };
      }),
    );
    await t.close();
    expect(events).toEqual(["aborted", "closed"]);
  });

  test("route and service are the ones given, or none", async () => {
    const scopes: Scope[] = [];
    const plugin = pluginOf((scope) => {
      scopes.push(scope);
      return {};
    });
    await testPlugin(plugin, {}, { route: { name: "a", path: "/a" }, service: "users" });
    const none = await testPlugin(plugin, {}, { route: undefined, service: undefined });
    expect(scopes[0]).toMatchObject({ route: { name: "a", path: "/a" }, service: "users" });
    expect([scopes[1]?.route, scopes[1]?.service, none.context().route]).toEqual([undefined, undefined, undefined]);
  });

  test("admin endpoints can be asked", async () => {
    const t = await testPlugin(
      pluginOf(({ admin }) => {
        admin.get("/count", () => ({ count: 3 }));
        return {};
      }),
    );
    const response = await t.admin.handle(new Request("http://admin.test/count"));
    expect(await response.json()).toEqual({ count: 3 });
  });
});
