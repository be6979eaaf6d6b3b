import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

/* Three targets under constant load, of which one goes wrong: how many requests that costs. */

const CLIENTS = 8;
const EACH = 40;

async function load(script: Script, plugins: string) {
  const good = replies(response("good"));
  using cleanup = new DisposableStack();
  const start = (one: Script) => cleanup.use(startUpstream(one));
  const [wrong, ...others] = [start(good), start(good), start(good)] as const;
  await using gateway = await startInProcess(`
services:
  main:
    targets: [${[wrong, ...others].map(({ url }) => `"${url}"`).join(", ")}]
    pool: { max-age: 0s }
    plugins: ${plugins}
routes: [{ path: /*, service: main }]
`);
  const ask = () => exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const together = (count: number) =>
    Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const statuses: number[] = [];
        for (let i = 0; i < count; i++) statuses.push((await ask()).status);
        return statuses;
      }),
    );
  await together(3);
  wrong.answer(script);
  const before = wrong.requests.length;
  const statuses = (await together(EACH)).flat();
  const arrivedAt = ({ requests }: Upstream) => requests.length;
  return {
    failed: statuses.filter((status) => status !== 200),
    wrong: arrivedAt(wrong) - before,
    all: statuses.length,
  };
}

test("one that slows down gets no more than it takes to see it, and those that were under way", async () => {
  const slow: Script = async (_, connection) => {
    await Bun.sleep(500);
    await connection.send(response("slow"));
  };
  const { failed, wrong, all } = await load(slow, "{ circuit-breaker: { slow-call: 250ms, minimum-calls: 10 } }");
  expect([failed, all]).toEqual([[], CLIENTS * EACH]);
  // As many as the good calls of the window before, so that half are slow; and one for each client.
  expect(wrong).toBeWithin(10 / 2, CLIENTS * 3 + CLIENTS + 1);
});

test("one that hangs costs no client an error with retry, and gets no more", async () => {
  const plugins = `{
      retry: { per-try-timeout: 500ms, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100 } },
      circuit-breaker: { consecutive-failures: 3 } }`;
  const { failed, wrong } = await load(hangs(), plugins);
  expect(failed).toEqual([]);
  expect(wrong).toBeWithin(3, 3 + CLIENTS + 1);
});
