import { describe, expect, test } from "bun:test";
import { GatewayError } from "../src/errors.ts";
import { type FilterReceiver, PendingFilter } from "../src/message/pending.ts";
import { Reply } from "../src/message/reply.ts";
import { answerOf, composePipeline } from "../src/pipeline.ts";
import { PendingCheck, type Phases } from "../src/plugin.ts";
import { KeyGroup } from "../src/store/key-group.ts";
import { createRequest, destination, refuse, run } from "./pipeline-run.ts";

/** A filter that passes or fails in a later turn, and notes what it is asked. */
class Later extends PendingFilter {
  readonly #trace: string[];
  readonly #failure: unknown;

  constructor(trace: string[], failure?: unknown) {
    super();
    this.#trace = trace;
    this.#failure = failure;
  }

  deliverTo(receiver: FilterReceiver): void {
    this.#trace.push("asked");
    setImmediate(() => (this.#failure === undefined ? receiver.onPass() : receiver.onFailure(this.#failure)));
  }
}

class Check extends PendingCheck {
  readonly keys = new KeyGroup(["k"]);
  readonly #trace: string[];
  readonly #failure: unknown;

  constructor(trace: string[], failure?: unknown) {
    super();
    this.#trace = trace;
    this.#failure = failure;
  }

  deliverTo(receiver: FilterReceiver): void {
    this.#trace.push("checked alone");
    new Later([], this.#failure).deliverTo(receiver);
  }

  confirm(): void {
    this.#trace.push("confirmed");
  }

  goOnWithout(): void {}
}

const denied = () => new GatewayError("unauthenticated");
const authenticates = (check: PendingFilter): Phases => ({ authenticate: () => check });

/** A limit that can make a check, and one that cannot. */
function joining(trace: string[]): Phases {
  return {
    limit: () => void trace.push("limit"),
    limitWith(_, check) {
      check.confirm();
      return new Later(trace);
    },
  };
}
const plain = (trace: string[]): Phases => ({ limit: () => void trace.push("plain limit") });

describe("a filter that is under way", () => {
  test("is waited for, and then all goes on in its order", async () => {
    const trace: string[] = [];
    const filters = [authenticates(new Later(trace)), authenticates(new Later(trace)), plain(trace)];
    const { status } = await run(filters, destination(trace));
    expect(status).toBe(200);
    expect(trace).toEqual(["prepare", "asked", "asked", "plain limit", "select", "send"]);
  });

  test("refuses like any other, through the response phase", async () => {
    const trace: string[] = [];
    const response: Phases["response"] = (_, reply) => {
      reply.headers.set("x-a", "1");
      return reply;
    };
    const { reply, ctx } = await run(
      [authenticates(new Later(trace, denied())), { ...plain(trace), response }],
      destination(trace),
    );
    expect([reply.status, reply.headers.get("x-a"), ctx.error?.code]).toEqual([401, "1", "unauthenticated"]);
    expect(trace).toEqual(["prepare", "asked"]);
  });

  test("sends nothing for a client that has gone meanwhile", async () => {
    const trace: string[] = [];
    const pipeline = composePipeline([authenticates(new Later(trace)), plain(trace)], destination(trace), "problem");
    const ctx = createRequest();
    const answer = answerOf(pipeline, ctx);
    ctx.abort(new GatewayError("client_closed"));
    expect((await answer).status).toBe(499);
    expect(trace).toEqual(["prepare", "asked"]);
  });

  test("leads to whatever comes after it: a reply, a promise, a failure", async () => {
    const later = authenticates(new Later([]));
    expect((await run([later, { limit: () => new Reply(204) }])).status).toBe(204);
    expect((await run([later, { limit: async () => new Response("", { status: 202 }) }])).status).toBe(202);
    expect((await run([later, { limit: refuse("forbidden") }])).status).toBe(403);
    expect((await run([later, { limit: () => "text" as never }])).status).toBe(500);
    expect((await run([later, { cache: () => async () => new Reply(418) }])).status).toBe(418);
  });
});

describe("a check that a filter has left", () => {
  test("is made by the next filter if that can, in one go with its own work", async () => {
    const trace: string[] = [];
    const { status } = await run([authenticates(new Check(trace)), joining(trace), plain(trace)], destination(trace));
    expect(status).toBe(200);
    expect(trace).toEqual(["prepare", "confirmed", "asked", "plain limit", "select", "send"]);
  });

  const pass = () => undefined;

  test.each([
    ["nothing comes after it", []],
    ["the next one cannot make it", [{ limit: pass }, "joining"]],
    ["another one is between", [{ authenticate: pass }, "joining"]],
  ] as [string, (Phases | "joining")[]][])("is made alone, before anything else, where %s", async (_, after) => {
    const trace: string[] = [];
    const filters = after.map((one) => (one === "joining" ? joining(trace) : one));
    const { status } = await run([authenticates(new Check(trace)), ...filters], destination(trace));
    expect(status).toBe(200);
    expect(trace.slice(0, 2)).toEqual(["prepare", "checked alone"]);
    expect(trace).not.toContain("confirmed");
  });

  test("that fails keeps every later filter from running", async () => {
    const trace: string[] = [];
    const { status } = await run([authenticates(new Check(trace, denied())), plain(trace), joining(trace)]);
    expect(status).toBe(401);
    expect(trace).toEqual(["checked alone"]);
  });

  test("never reaches a service if the filter that makes it fails", async () => {
    const trace: string[] = [];
    const limitWith = () => new Later(trace, denied());
    const { status } = await run(
      [authenticates(new Check(trace)), { limit: () => undefined, limitWith }],
      destination(trace),
    );
    expect(status).toBe(401);
    expect(trace).toEqual(["prepare", "asked"]);
  });
});

describe("transforms", () => {
  test("change a reply that comes later, however it comes", async () => {
    const response: Phases["response"] = async (_, reply) => {
      reply.headers.set("x-a", "1");
      return reply;
    };
    const pending = {
      deliverTo: (to: { onReply(reply: Reply): void }) => queueMicrotask(() => to.onReply(new Reply(200))),
    };
    const sends = [() => pending, async () => new Reply(200), () => new Reply(200)];
    for (const send of sends) {
      const { reply } = await run([{ response }], { select: () => {}, send });
      expect([reply.status, reply.headers.get("x-a")]).toEqual([200, "1"]);
    }
  });

  test("leave the failure of a reply that comes later to those who answer it", async () => {
    const failing = {
      deliverTo: (to: { onFailure(error: unknown): void }) => queueMicrotask(() => to.onFailure(denied())),
    };
    const { status } = await run([{ response: (_, reply) => reply }], { select: () => {}, send: () => failing });
    expect(status).toBe(401);
  });
});
