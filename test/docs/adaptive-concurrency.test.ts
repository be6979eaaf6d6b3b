import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { blocksOf, readPage } from "./pages.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test("the example of docs/plugins/adaptive-concurrency.md: a hung service gets 20, the other does not notice", async () => {
  using hung = startUpstream(hangs());
  using good = startUpstream(replies(response("good")));
  const [block] = blocksOf(readPage("docs/plugins/adaptive-concurrency.md"), "yaml");
  const yaml = (block?.text ?? "")
    .replace("port: 8080", "host: 127.0.0.1, port: 0")
    .replace("http://10.0.0.5:4001", hung.url)
    .replace("http://10.0.0.6:4001", good.url);
  await using gateway = await startInProcess(yaml);
  const waiting = await Promise.all(Array.from({ length: 20 }, () => connect(gateway.port)));
  for (const client of waiting) await client.send(get("/search/x"));
  await hung.waitForRequests(20);
  for (let i = 0; i < 5; i++) {
    const refused = await exchange(gateway.port, get("/search/x"));
    expect([refused.status, refused.header("retry-after")]).toEqual([503, "1"]);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: "overloaded" });
    expect((await exchange(gateway.port, get("/reports/x"))).status).toBe(200);
  }
  expect(hung.requests).toHaveLength(20);
  // Clients that leave free their places.
  for (const client of waiting) client.reset();
  hung.answer(replies(response("back")));
  await until(async () => (await exchange(gateway.port, get("/search/x"))).status === 200, { what: "a place is free" });
});
