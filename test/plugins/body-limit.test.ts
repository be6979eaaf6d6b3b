import { describe, expect, test } from "bun:test";
import bodyLimit from "../../plugins/body-limit.ts";
import { Body, type BodySink, type BodySource, GatewayError, HeaderList } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

/** A source that a test drives by hand. */
class ManualSource implements BodySource {
  readonly length: number | undefined;
  sink: BodySink | undefined;
  resumed = 0;
  cancelled: GatewayError | undefined;

  constructor(length?: number) {
    this.length = length;
  }

  start(sink: BodySink): void {
    this.sink = sink;
  }

  resume(): void {
    this.resumed++;
  }

  cancel(error: GatewayError): void {
    this.cancelled = error;
  }
}

/** A sink that notes what it is told. */
function recorder(takes = true) {
  const events: string[] = [];
  const sink: BodySink = {
    write(chunk) {
      events.push(`write ${chunk.byteLength}`);
      return takes;
    },
    end: (trailers) => events.push(`end ${trailers?.get("x-sum") ?? ""}`.trim()),
    fail: (error) => events.push(`fail ${error.code}`),
  };
  return { events, sink };
}

/** The plugin's stage around a source of unknown length, started. */
async function limited(source: ManualSource, size: string, sink: BodySink): Promise<BodySource> {
  const t = await testPlugin(bodyLimit, { size });
  const ctx = t.context({ method: "POST", body: Body.from(source) });
  t.phases.limit?.(ctx);
  const stage = ctx.request.body.take();
  stage.start(sink);
  return stage;
}

describe("a body of known length", () => {
  test("passes at the limit", async () => {
    const t = await testPlugin(bodyLimit, { size: "5b" });
    const { reply } = await t.request({ method: "POST", body: "12345" });
    expect(reply.status).toBe(200);
  });

  test("is refused above it: the service is not asked", async () => {
    const t = await testPlugin(bodyLimit, { size: "5b" });
    const { reply, outcome } = await t.request({ method: "POST", body: "123456" });
    expect(reply.status).toBe(413);
    expect(await reply.body.json(1_000)).toMatchObject({
      code: "payload_too_large",
      detail: "The body may have at most 5 bytes",
    });
    expect(outcome).toMatchObject({ attempts: 0, errorCode: "payload_too_large" });
  });

  test("is refused before a byte of it is read", async () => {
    const source = new ManualSource(1_025);
    const t = await testPlugin(bodyLimit, { size: "1kb" });
    const { reply } = await t.request({ method: "POST", body: Body.from(source) });
    expect(reply.status).toBe(413);
    expect(source.sink).toBeUndefined();
  });

  test("a request without a body passes, also at a limit of nothing", async () => {
    const t = await testPlugin(bodyLimit, { size: "0b" });
    expect((await t.request()).reply.status).toBe(200);
    expect((await t.request({ method: "POST", body: "1" })).reply.status).toBe(413);
  });
});

describe("a body of unknown length", () => {
  test("passes at the limit, chunk by chunk, with its trailers", async () => {
    const source = new ManualSource();
    const { events, sink } = recorder();
    const stage = await limited(source, "5b", sink);
    expect(stage.length).toBeUndefined();
    expect(source.sink?.write(Buffer.from("123"))).toBe(true);
    expect(source.sink?.write(Buffer.from("45"))).toBe(true);
    source.sink?.end(HeaderList.of({ "x-sum": "9" }));
    expect(events).toEqual(["write 3", "write 2", "end 9"]);
    expect(source.cancelled).toBeUndefined();
  });

  test("fails at the first byte too many: the source is cancelled, nothing more passes", async () => {
    const source = new ManualSource();
    const { events, sink } = recorder();
    await limited(source, "5b", sink);
    source.sink?.write(Buffer.from("1234"));
    expect(source.sink?.write(Buffer.from("56"))).toBe(false);
    expect(source.cancelled?.code).toBe("payload_too_large");
    expect(source.sink?.write(Buffer.from("7"))).toBe(false);
    source.sink?.end();
    source.sink?.fail(new GatewayError("client_closed"));
    expect(events).toEqual(["write 4", "fail payload_too_large"]);
  });

  test("is paused and resumed by whoever reads it", async () => {
    const source = new ManualSource();
    const { sink } = recorder(false);
    const stage = await limited(source, "5b", sink);
    expect(source.sink?.write(Buffer.from("1"))).toBe(false);
    stage.resume();
    expect(source.resumed).toBe(1);
  });

  test("tells its reader of the source's failure, and the source of the reader's", async () => {
    const source = new ManualSource();
    const { events, sink } = recorder();
    const stage = await limited(source, "5b", sink);
    source.sink?.fail(new GatewayError("request_timeout"));
    expect(events).toEqual(["fail request_timeout"]);
    const reason = new GatewayError("upstream_reset");
    stage.cancel(reason);
    expect(source.cancelled).toBe(reason);
  });

  test("answers 413 in a whole request, too", async () => {
    const t = await testPlugin(bodyLimit, { size: "5b" });
    const { reply, outcome } = await t.request({ method: "POST", body: new Blob(["123456"]).stream() });
    expect(reply.status).toBe(413);
    expect(outcome.errorSource).toBe("downstream");
    const short = await t.request({ method: "POST", body: new Blob(["12345"]).stream() });
    expect(short.reply.status).toBe(200);
    expect(short.outcome.bytesIn).toBe(5);
  });
});

test("the size has to be given, with a unit", async () => {
  await expect(testPlugin(bodyLimit)).rejects.toThrow('the key "size" is missing');
  await expect(testPlugin(bodyLimit, { size: 5 })).rejects.toThrow("size: expected a size");
});
