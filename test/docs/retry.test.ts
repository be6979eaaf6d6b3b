import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { hangs, replies, resets, response } from "../support/scripts.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { blocksOf, readPage } from "./pages.ts";

/** The first example of docs/plugins/retry.md, with these for its three targets. */
function example(urls: readonly string[]): string {
  const [block] = blocksOf(readPage("docs/plugins/retry.md"), "yaml");
  const text = (block?.text ?? "").replace("port: 8080", "host: 127.0.0.1, port: 0");
  return urls.reduce((yaml, url, i) => yaml.replace(`http://10.0.0.${5 + i}:4001`, url), text);
}

/** The example with a target that refuses, one that is given and a good one; three requests, as the budget has three. */
async function run(script: Script, method: string, path: string) {
  using good = startUpstream(replies(response("good")));
  using bad = startUpstream(script);
  const gone = startUpstream(hangs());
  gone.stop();
  await using gateway = await startInProcess(example([`http://127.0.0.1:${gone.port}`, bad.url, good.url]));
  const answers: { readonly body: string; readonly status: number; readonly attempts: number }[] = [];
  for (let i = 0; i < 3; i++) {
    const message = `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`;
    const reply = await exchange(gateway.port, message);
    answers.push({ body: reply.body.toString(), status: reply.status, attempts: Number(reply.header("x-attempts")) });
  }
  return { answers, bad: bad.requests.length };
}

const GOOD = { body: "good", status: 200 };

test("the example of docs/plugins/retry.md finds the good target, and tells how many attempts that took", async () => {
  const { answers } = await run(resets(), "GET", "/users/1");
  expect(answers).toMatchObject([GOOD, GOOD, GOOD]);
  for (const { attempts } of answers) expect(attempts).toBeWithin(1, 4);
  expect(Math.max(...answers.map(({ attempts }) => attempts))).toBeGreaterThan(1);
});

test("helps a slow target by another", async () => {
  expect((await run(hangs(), "GET", "/users/1")).answers).toMatchObject([GOOD, GOOD, GOOD]);
});

test("sends the POST again that it names", async () => {
  const { answers } = await run(resets(), "POST", "/users/search");
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("sends no other POST again that a target has got", async () => {
  const { answers, bad } = await run(resets(), "POST", "/users/1");
  expect(answers.filter(({ status }) => status === 502)).toHaveLength(bad);
  expect(bad).toBeGreaterThan(0);
});
