import { describe, expect, test } from "bun:test";
import { flood, startFloodable } from "../support/flood.ts";
import { startGateway } from "../support/gateway.ts";
import { response } from "../support/scripts.ts";

const MIB = 1_048_576;
/** What a gateway takes beside what it has stored, in MiB: code that is compiled meanwhile, and what is under way. */
const BESIDE = 64;

/** The most that a gateway's memory grows by while it is asked for so many URLs that never come again, in MiB. */
async function growth(cacheMib: number, keys: number, reply: string, field = ""): Promise<number> {
  using service = startFloodable(reply);
  await using gateway = await startGateway(`cache: { memory: ${cacheMib}mb }
services: { s: { targets: ["${service.url}"] } }
routes: [{ path: /*, service: s, plugins: { cache: {} } }]
`);
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n${field}\r\n`;
  await flood(gateway.port, { requests: 20_000, request: () => request("/same") });
  const before = gateway.rss();
  let most = 0;
  await flood(gateway.port, {
    requests: keys,
    request: (index) => request(`/items/${index}`),
    onReply: (index) => {
      if (index % 200 === 0) most = Math.max(most, gateway.rss());
    },
  });
  return (most - before) / MIB;
}

// Linux alone has what memory is read from.
describe.if(process.platform === "linux")("a flood of URLs", () => {
  test("takes no more memory than the cache may have, and what is under way", async () => {
    const headers = [
      ["cache-control", "max-age=3600"],
      ["etag", '"one"'],
    ] as const;
    const grown = await growth(64, 60_000, response("x".repeat(4_000), { headers }));
    expect(grown).toBeLessThan(64 + BESIDE);
  }, 120_000);

  test("keeps nothing of the heads that what is stored came with", async () => {
    const headers = [
      ["cache-control", "max-age=3600"],
      ["vary", "accept-language, x-long"],
      ["cache-tag", "one, two"],
    ] as const;
    const field = `X-Short: ${"s".repeat(12_000)}\r\nX-Long: one\r\n`;
    const grown = await growth(64, 12_000, response("x", { headers, reason: "Fine" }), field);
    expect(grown).toBeLessThan(64 + BESIDE);
  }, 120_000);
});
