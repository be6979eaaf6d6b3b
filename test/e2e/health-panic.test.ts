import { describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/** Ill by its checks alone: requests it answers, so that it shows who got them. */
function ill(name: string): Upstream {
  return startUpstream((request, connection) =>
    connection.send(request.target === "/health" ? response("", { status: 500 }) : response(name)),
  );
}

function start(targets: readonly Upstream[], more: string): Promise<InProcessGateway> {
  return startInProcess(`
services:
  s:
    targets: ${JSON.stringify(targets.map(({ url }) => url))}
    balance: round-robin
    health: { path: /health, interval: 20ms, failing-interval: 20ms, healthy: 1, unhealthy: 1 }
    ${more}
routes: [{ path: /*, service: s }]
`);
}

/** What so many requests are answered, one after the other. */
async function answers(port: number, count: number): Promise<readonly string[]> {
  using client = await connect(port);
  const all: string[] = [];
  for (let i = 0; i < count; i++) {
    const reply = await client.exchange("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    all.push(reply.body.toString());
  }
  return all;
}

async function untilAreIll(gateway: InProcessGateway, ...targets: readonly Upstream[]): Promise<void> {
  for (const { url } of targets) {
    await gateway.waitForLog(({ message, fields }) => message === "a target is unhealthy" && fields.target === url);
  }
}

describe("of three targets two are ill", () => {
  test("the healthy one takes all, without a threshold", async () => {
    using a = ill("a");
    using b = ill("b");
    using c = startUpstream(replies(response("c")));
    await using gateway = await start([a, b, c], "");
    await untilAreIll(gateway, a, b);
    expect(new Set(await answers(gateway.port, 9))).toEqual(new Set(["c"]));
  });

  test("all are used below the threshold, and again only the healthy ones above it", async () => {
    using a = ill("a");
    using b = ill("b");
    using c = startUpstream(replies(response("c")));
    await using gateway = await start([a, b, c], "panic-threshold: 50%");
    await untilAreIll(gateway, a, b);
    await gateway.waitForLog(({ message }) => message === "too few targets are healthy: all are used");
    expect((await answers(gateway.port, 9)).toSorted()).toEqual([..."aaabbbccc"]);
    b.answer(replies(response("b")));
    await gateway.waitForLog(({ message }) => message === "enough targets are healthy again");
    expect(new Set(await answers(gateway.port, 9))).toEqual(new Set(["b", "c"]));
  });
});

test("a target that is back gets little at first, with slow-start", async () => {
  using a = ill("a");
  using b = startUpstream(replies(response("b")));
  await using gateway = await start([a, b], "slow-start: 60s");
  await untilAreIll(gateway, a);
  a.answer(replies(response("a")));
  await gateway.waitForLog(({ message }) => message === "a target is healthy again");
  const got = (await answers(gateway.port, 100)).filter((body) => body === "a").length;
  // Of 50 turns it takes about one in a hundred.
  expect(got).toBeLessThan(10);
});
