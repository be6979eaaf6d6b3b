import { describe, expect, test } from "bun:test";
import mirror from "../../../plugins/mirror/index.ts";

import { type BodySink, type BodySource, GatewayError, HeaderList, Reply, Tee } from "../../../src/plugin.ts";
import { testPlugin } from "../../../src/testing.ts";

describe("options", () => {
  test.each([
    [{}, /service/],
    [{ service: "test" }, /the same service/],
    [{ service: "shadow", timeout: "0s" }, /timeout/],
    [{ service: "shadow", share: 0.5 }, /share/],
    [{ service: "shadow", "max-in-flight": 0 }, /max-in-flight/],
    [{ service: "shadow", remove: ["x y"] }, /remove/],
    [{ service: "shadow", marker: "" }, /marker/],
    [{ service: "shadow", share: "101%" }, /share: there are no more requests/],
    [{ service: "shadow", marker: "Host" }, /marker: host is the gateway's own/],
    [{ service: "shadow", marker: "Connection" }, /marker: connection is the gateway's own/],
    [{ service: "shadow", remove: ["cookie", "Via"] }, /remove: by Via gateways notice/],
  ])("%j is refused", async (options, reason) => {
    const services = { shadow: () => Reply.text(200, "shadow") };
    await expect(testPlugin(mirror, options, { services })).rejects.toThrow(reason);
  });
});

/** A tee whose source a test drives by hand. */
function tee(limit: number, isNoted = true) {
  const events: string[] = [];
  const source: BodySource = {
    length: undefined,
    start: () => events.push("start"),
    resume: () => events.push("resume"),
    cancel: (error) => events.push(`cancel ${error.code}`),
  };
  const sink: BodySink = {
    write: (chunk) => events.push(`write ${Buffer.from(chunk)}`) < 0,
    end: (trailers) => void events.push(`end ${trailers?.get("x-sum")}`),
    fail: (error) => void events.push(`fail ${error.code}`),
  };
  const copied: (string | undefined)[] = [];
  const stage = new Tee(source, limit, () =>
    isNoted ? (content) => void copied.push(content && Buffer.from(content).toString()) : undefined,
  );
  return { stage, sink, events, copied };
}

describe("a body that is noted as it passes", () => {
  test("passes as it is, with its trailers and the sink's wish to wait", () => {
    const { stage, sink, events, copied } = tee(10);
    stage.start(sink);
    expect(stage.write(Buffer.from("one"))).toBe(false);
    stage.resume();
    stage.write(Buffer.from("two"));
    expect(copied).toEqual([]);
    stage.end(HeaderList.of({ "x-sum": "7" }));
    expect(events).toEqual(["start", "write one", "resume", "write two", "end 7"]);
    expect(copied).toEqual(["onetwo"]);
  });

  test("at the limit is copied, beyond it is not, and passes all the same", () => {
    for (const [limit, expected] of [[6, "onetwo"] as const, [5, undefined] as const]) {
      const { stage, sink, events, copied } = tee(limit);
      stage.start(sink);
      stage.write(Buffer.from("one"));
      stage.write(Buffer.from("two"));
      stage.write(Buffer.from(""));
      stage.end();
      expect(events).toEqual(["start", "write one", "write two", "write ", "end undefined"]);
      expect(copied).toEqual([expected]);
    }
  });

  test("that never becomes whole is told of once", () => {
    const failed = tee(10);
    failed.stage.start(failed.sink);
    failed.stage.write(Buffer.from("one"));
    failed.stage.fail(new GatewayError("client_closed"));
    expect([failed.events.at(-1), failed.copied]).toEqual(["fail client_closed", [undefined]]);
    const cancelled = tee(10);
    cancelled.stage.start(cancelled.sink);
    cancelled.stage.cancel(new GatewayError("upstream_reset"));
    cancelled.stage.end();
    expect(cancelled.events).toEqual(["start", "cancel upstream_reset"]);
    expect(cancelled.copied).toEqual([undefined]);
  });

  test("without a place is not noted", () => {
    const { stage, sink, events, copied } = tee(10, false);
    stage.start(sink);
    stage.write(Buffer.from("one"));
    stage.end();
    expect(events).toEqual(["start", "write one", "end undefined"]);
    expect(copied).toEqual([]);
  });
});
