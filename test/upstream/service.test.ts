import { describe, expect, test } from "bun:test";
import { awaitable } from "../../src/message/pending.ts";
import { closeService, createService, selectTarget, sendToSelected } from "../../src/upstream/service.ts";
import { replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { startUpstream } from "../support/upstream.ts";
import { contextOf, serviceConfig } from "./support.ts";

describe("a service", () => {
  test("has a target for each URL, with its weight", () => {
    const config = serviceConfig({ targets: ["http://a.test", { url: "https://b.test:8443", weight: 3 }, "unix:/c"] });
    const { name, targets } = createService("users", config);
    expect(name).toBe("users");
    expect(targets.map(({ url, weight }) => [url, weight])).toEqual([
      ["http://a.test", 1],
      ["https://b.test:8443", 3],
      ["unix:/c", 1],
    ]);
  });

  test("says which target's URL is none", () => {
    const config = serviceConfig({ targets: ["ftp://a.test"] });
    expect(() => createService("users", config)).toThrow("service users: ftp://a.test is not the URL of a target");
  });

  test("reads the files of its tls when it is made, and only for https", () => {
    using folder = tempFolder();
    const ca = folder.write("ca.pem", "to be removed");
    const secure = serviceConfig({ targets: ["https://a.test"], tls: { ca } });
    const plain = serviceConfig({ targets: ["http://a.test"], tls: { ca } });
    folder.remove();
    expect(() => createService("users", secure)).toThrow("ENOENT");
    expect(createService("users", plain).targets).toHaveLength(1);
  });

  test("selects a target, notes it on the request, and sends there", async () => {
    using a = startUpstream(replies(response("a")));
    using b = startUpstream(replies(response("b")));
    const service = createService("users", serviceConfig({ targets: [a.url, b.url] }));
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      const ctx = contextOf();
      selectTarget(service, ctx);
      expect(ctx.service).toBe("users");
      const reply = await awaitable(sendToSelected(ctx));
      seen.push(`${ctx.target} ${await reply.body.text(10)}`);
    }
    const expected = [`${a.url} a`, `${b.url} b`];
    expect(seen.sort()).toEqual([...expected, ...expected].sort());
    closeService(service);
    await Promise.all([a.waitForClosed(), b.waitForClosed()]);
  });

  test("selects each target once before it begins again, and never one twice in a row", () => {
    const urls = ["http://a.test", "http://b.test", "http://c.test"];
    for (const balance of ["round-robin", "random", "least-request"]) {
      const service = createService("users", serviceConfig({ targets: urls, balance }));
      for (let round = 0; round < 20; round++) {
        const ctx = contextOf();
        const seen: (string | undefined)[] = [];
        for (let i = 0; i < 6; i++) {
          selectTarget(service, ctx);
          seen.push(ctx.target);
        }
        expect(seen.slice(0, 3).toSorted()).toEqual(urls);
        expect(seen.slice(3).toSorted()).toEqual(urls);
        expect(seen[3]).not.toBe(seen[2]);
      }
    }
  });

  test("selects none that is avoided while there is another, and one that was tried rather than that", () => {
    const [a, b, c] = ["http://a.test", "http://b.test", "http://c.test"] as const;
    for (const balance of ["round-robin", "random", "least-request"]) {
      const service = createService("users", serviceConfig({ targets: [a, b, c], balance }));
      for (let round = 0; round < 20; round++) {
        const ctx = contextOf();
        const seen: (string | undefined)[] = [];
        for (let i = 0; i < 6; i++) {
          selectTarget(service, ctx, new Set([b]));
          seen.push(ctx.target);
        }
        expect(seen.slice(0, 2).toSorted()).toEqual([a, c]);
        expect(seen).not.toContain(b);
        for (let i = 1; i < seen.length; i++) expect(seen[i]).not.toBe(seen[i - 1]);
        const only = contextOf();
        for (let i = 0; i < 3; i++) {
          selectTarget(service, only, new Set([a, b]));
          expect(only.target).toBe(c);
        }
        selectTarget(service, contextOf(), new Set([a, b, c]));
      }
    }
  });

  test("deals the turns of one that is avoided to all others", () => {
    const urls = ["http://a.test", "http://b.test", "http://c.test"];
    const service = createService("users", serviceConfig({ targets: urls }));
    const counts = new Map<string | undefined, number>();
    for (let i = 0; i < 300; i++) {
      const ctx = contextOf();
      selectTarget(service, ctx, new Set(["http://b.test"]));
      counts.set(ctx.target, (counts.get(ctx.target) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(["http://a.test", "http://c.test"]);
    for (const count of counts.values()) expect(count).toBeWithin(148, 153);
  });

  test("selects its only target again and again", () => {
    const service = createService("users", serviceConfig({ targets: ["http://a.test"] }));
    const ctx = contextOf();
    for (let i = 0; i < 3; i++) selectTarget(service, ctx);
    expect(ctx.target).toBe("http://a.test");
  });

  test("selects nothing for a request whose time is over", () => {
    const service = createService("users", serviceConfig({ targets: ["http://a.test"] }));
    const ctx = contextOf();
    ctx.deadlineAt = performance.now();
    expect(() => selectTarget(service, ctx)).toThrow(expect.objectContaining({ code: "upstream_timeout" }));
    expect(ctx.target).toBeUndefined();
  });

  test("without a target to select is no_target_available", () => {
    const service = createService("users", serviceConfig({ targets: [{ url: "http://a.test", weight: 0 }] }));
    expect(() => selectTarget(service, contextOf())).toThrow(expect.objectContaining({ code: "no_target_available" }));
  });

  test("sends nothing that no target was selected for", () => {
    expect(() => sendToSelected(contextOf())).toThrow("no target has been selected");
  });
});
