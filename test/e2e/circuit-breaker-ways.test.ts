import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { closes, replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

/* What breakers do whatever protocol the request came by: all ways share them. */

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let main: Upstream;
let spare: Upstream;

beforeAll(async () => {
  main = cleanup.use(startUpstream(closes()));
  spare = cleanup.use(startUpstream(replies(response("spare"))));
  const service = (name: string, more: string) => `
  ${name}:
    targets: ["${main.url}"]
    pool: { max-age: 0s }
    plugins: { circuit-breaker: { consecutive-failures: 1, max-open: 10s${more} } }`;
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
services:${service("plain", "")}${service("fixed", ", fallback: { body: sorry }")}
${service("other", ", fallback: { service: spare }")}
  spare: { targets: ["${spare.url}"], pool: { max-age: 0s } }
routes: [${["plain", "fixed", "other"].map((name) => `{ path: /${name}, service: ${name} }`).join(", ")}]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

describeEveryWay("a breaker", (way) => {
  const send = (path: string, body = "") =>
    way.exchange(
      portOf(way, gateway),
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );

  test("opens, refuses with the time to wait, and closes after a probe", async () => {
    main.answer(closes());
    gateway.clock.advance(10_000);
    expect(problemOf(await send("/plain"))).toBe("502 upstream_reset");
    const before = main.requests.length;
    const refused = await send("/plain", "content");
    expect([problemOf(refused), refused.header("retry-after")]).toEqual(["503 circuit_open", "10"]);
    expect(main.requests).toHaveLength(before);
    gateway.clock.advance(10_000);
    main.answer(replies(response("back")));
    expect((await send("/plain")).body.toString()).toBe("back");
  });

  test("is stood in for by a fixed reply, and by another service that gets the body", async () => {
    main.answer(closes());
    gateway.clock.advance(10_000);
    await send("/fixed");
    expect((await send("/fixed", "content")).body.toString()).toBe("sorry");
    await send("/other");
    const body = "0123456789abcdef".repeat(2_048);
    expect((await send("/other", body)).body.toString()).toBe("spare");
    expect(spare.requests.at(-1)?.body.toString()).toBe(body);
  });
});
