import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { blocksOf, ORDERS_FILE, ordersDocument, readPage } from "./pages.ts";

/** The first example of that page, with this for its service. */
function start(page: string, url: string) {
  const [block] = blocksOf(readPage(page), "yaml");
  const yaml = (block?.text ?? "")
    .replace("port: 8080", "host: 127.0.0.1, port: 0")
    .replace("http://10.0.0.5:4001", url);
  return startInProcess(yaml, { [ORDERS_FILE]: ordersDocument() });
}

test("the example of docs/plugins/validate.md refuses as the page says", async () => {
  using orders = startUpstream(replies(response("placed", { status: 201 })));
  await using gateway = await start("docs/plugins/validate.md", orders.url);
  const send = (body: string) =>
    exchange(
      gateway.port,
      `POST /api/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  const refused = await send('{"item":"","quantity":0}');
  const { requestId: _, ...said } = JSON.parse(blocksOf(readPage("docs/plugins/validate.md"), "json")[1]?.text ?? "");
  expect(JSON.parse(refused.body.toString())).toMatchObject(said);
  expect(orders.requests).toEqual([]);
  expect((await send('{"item":"apple","quantity":1}')).status).toBe(201);
  expect(orders.requests[0]?.target).toBe("/orders");
});

test("the example of docs/plugins/mock.md answers as the page says", async () => {
  const gone = startUpstream(replies());
  gone.stop();
  await using gateway = await start("docs/plugins/mock.md", gone.url);
  const [, path = "", body = ""] =
    /`GET (\S+)` is answered with `(.+)`/.exec(readPage("docs/plugins/mock.md").text) ?? [];
  for (const [asked, when] of [
    [path, "always"],
    ["/api/orders", "down"],
  ]) {
    const reply = await exchange(gateway.port, `GET ${asked} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect([reply.status, reply.body.toString(), reply.header("x-mock")]).toEqual([200, body, when]);
  }
});
