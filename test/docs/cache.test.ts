import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import type { RawRequest } from "../support/messages.ts";
import { exchange } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { blocksOf, readPage } from "./pages.ts";

test("the example of docs/plugins/cache.md keeps what the service says, and where it says nothing what the options do", async () => {
  let answer = (request: RawRequest) => response("", { status: 404, headers: [["x-path", request.target]] });
  using shop = startUpstream((request, connection) => void connection.send(answer(request)));
  const [block] = blocksOf(readPage("docs/plugins/cache.md"), "yaml");
  const yaml = block?.text.replace("port: 8080", "host: 127.0.0.1, port: 0").replace("http://127.0.0.1:4001", shop.url);
  await using gateway = await startInProcess(yaml ?? "");
  const get = (path: string) => exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

  answer = () => response("a product", { headers: [["cache-control", "max-age=60"]] });
  await get("/products/1");
  expect((await get("/products/1")).header("cache-status")).toBe("sluice; hit; ttl=60");
  gateway.clock.advance(60_000);
  expect((await get("/products/1")).header("cache-status")).toBe("sluice; fwd=stale; stored");

  answer = () => response("found");
  await get("/search?q=a&page=1&utm_source=mail");
  const hit = await get("/search?page=1&q=a");
  expect([hit.body.toString(), hit.header("cache-status")]).toEqual(["found", "sluice; hit; ttl=60"]);
  gateway.clock.advance(80_000);
  answer = () => response("down", { status: 503 });
  expect((await get("/search?q=a&page=1")).header("cache-status")).toBe("sluice; hit; ttl=-20");
  gateway.clock.advance(60_000);
  const stale = await get("/search?q=a&page=1");
  expect([stale.body.toString(), stale.header("cache-status")]).toEqual([
    "found",
    "sluice; fwd=stale; fwd-status=503; detail=stale-if-error",
  ]);

  answer = () => response("nothing", { status: 404 });
  await get("/search?q=b");
  gateway.clock.advance(4_999);
  expect((await get("/search?q=b")).header("cache-status")).toStartWith("sluice; hit");
  gateway.clock.advance(31_000);
  await until(async () => (await get("/search?q=b")).header("cache-status") === "sluice; hit; ttl=5");
});
