import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { replies, resets, response } from "../support/scripts.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { blocksOf, readPage } from "./pages.ts";

/** The first example of docs/plugins/circuit-breaker.md, with these for its two targets. */
function example(urls: readonly string[]): string {
  const [block] = blocksOf(readPage("docs/plugins/circuit-breaker.md"), "yaml");
  const text = (block?.text ?? "").replace("port: 8080", "host: 127.0.0.1, port: 0");
  return urls.reduce((yaml, url, i) => yaml.replace(`http://10.0.0.${5 + i}:4001`, url), text);
}

async function run(first: Script, second: Script, requests: number) {
  using one = startUpstream(first);
  using other = startUpstream(second);
  await using gateway = await startInProcess(example([one.url, other.url]));
  const answers: string[] = [];
  for (let i = 0; i < requests; i++) {
    const reply = await exchange(gateway.port, "GET /users/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    answers.push(`${reply.status} ${reply.body}`);
  }
  return { answers, arrived: [one.requests.length, other.requests.length] };
}

const good = replies(response("good"));

test("the example of docs/plugins/circuit-breaker.md keeps requests from a target that fails", async () => {
  const { answers, arrived } = await run(resets(), good, 40);
  // Of five failures the retry budget has places for three.
  expect(answers.filter((answer) => answer !== "200 good")).toHaveLength(2);
  expect(answers.slice(-20)).toEqual(Array(20).fill("200 good"));
  expect(arrived[0]).toBe(5);
});

test("and answers by itself when both do", async () => {
  const { answers, arrived } = await run(resets(), resets(), 40);
  expect(answers.slice(0, 2).filter((answer) => answer.startsWith("502 "))).toHaveLength(2);
  expect(answers.slice(-20)).toEqual(Array(20).fill('200 {"users":[],"stale":true}'));
  expect(arrived).toEqual([5, 5]);
});
