import { flood, startFloodable } from "../support/flood.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { response } from "../support/scripts.ts";
import { cpuUsOf } from "./cpu.ts";

/**
 * Measures what a flood of URLs that never come again does to a gateway: how much its memory grows beside `cache.memory`, and what a
 * request costs that is stored, as a multiple of one that is passed on by a route without a cache. It takes some minutes.
 * `bun test/bench/cache-flood.ts [URLS [BODY-BYTES [MEMORY…]]]`, by default 1000000 1000 64mb 256mb.
 */

const [keys = 1_000_000, bodyBytes = 1_000] = Bun.argv.slice(2, 4).map(Number);
const memories = Bun.argv.length > 4 ? Bun.argv.slice(4) : ["64mb", "256mb"];
const MIB = 1_048_576;
/** So often its memory is looked at, in requests. */
const EVERY = 500;
const WARM = 30_000;

using service = startFloodable(
  response("x".repeat(bodyBytes), {
    headers: [
      ["Content-Type", "application/json"],
      ["Cache-Control", "max-age=3600"],
      ["ETag", '"one"'],
    ],
  }),
);

function requests(gateway: GatewayProcess, count: number, path: (index: number) => string, onReply = () => {}) {
  const request = (index: number) => `GET ${path(index)} HTTP/1.1\r\nHost: shop.test\r\nAccept: */*\r\n\r\n`;
  return flood(gateway.port, { requests: count, request, onReply });
}

/** CPU time a request in µs. */
async function cost(gateway: GatewayProcess, count: number, path: (index: number) => string, onReply?: () => void) {
  const before = cpuUsOf([gateway.pid]);
  await requests(gateway, count, path, onReply);
  return (cpuUsOf([gateway.pid]) - before) / count;
}

for (const memory of memories) {
  await using gateway = await startGateway(`cache: { memory: ${memory} }
services: { s: { targets: ["${service.url}"] } }
routes:
  - { path: /plain/*, service: s }
  - { path: /*, service: s, plugins: { cache: {} } }
`);
  await requests(gateway, WARM, () => "/plain/same");
  const plain = await cost(gateway, WARM, (i) => `/plain/${i}`);
  const before = gateway.rss();
  let most = before;
  let seen = 0;
  const stored = await cost(
    gateway,
    keys,
    (i) => `/items/${i}?page=${i}`,
    () => {
      if (++seen % EVERY === 0) most = Math.max(most, gateway.rss());
    },
  );
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  console.log(
    `cache.memory ${memory}, ${keys} URLs of ${bodyBytes} bytes: ${mib(before)} before, ${mib(most)} at most, ` +
      `${mib(gateway.rss())} at the end; ${(stored / plain).toFixed(2)} × the CPU time of a request without a cache (${stored.toFixed(1)} µs)`,
  );
}
