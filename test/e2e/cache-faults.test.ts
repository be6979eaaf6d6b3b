import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { until } from "../support/until.ts";
import { startUpstream, type UpstreamConnection } from "../support/upstream.ts";

const ROUNDS = 30;
const CLIENTS = 40;

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const next = random(5);

/** Answers in pieces, and breaks off at times: before the head, in the middle, or never. */
async function faulty(connection: UpstreamConnection, path: string): Promise<void> {
  const content = path.repeat(2_000);
  const how = next();
  if (how < 0.15) return connection.close();
  const isChunked = next() < 0.5;
  const framing = isChunked ? "transfer-encoding: chunked" : `content-length: ${content.length}`;
  await connection.send(
    `HTTP/1.1 200 OK\r\ncache-control: max-age=${next() < 0.5 ? 0 : 60}\r\netag: "a"\r\n${framing}\r\n\r\n`,
  );
  for (let at = 0; at < content.length; at += 4_096) {
    if (how < 0.3 && at > content.length / 2) return connection.reset();
    const piece = content.slice(at, at + 4_096);
    await connection.send(isChunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece);
    if (next() < 0.2) await Bun.sleep(1);
  }
  if (isChunked) await connection.send("0\r\n\r\n");
}

test("clients that leave and a service that breaks off leave nothing behind, and no reply is wrong or short", async () => {
  using service = startUpstream((request, connection) => faulty(connection, request.target));
  await using gateway = await startGateway(`services: { s: { targets: ["${service.url}"] } }
routes:
  - { path: /*, service: s, plugins: { cache: {} } }
`);
  let whole = 0;
  const client = async () => {
    const path = `/${Math.floor(next() * 3)}`;
    using socket = await connect(gateway.port);
    void socket.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (next() < 0.3) {
      await Bun.sleep(next() * 10);
      return socket.reset();
    }
    const reply = await socket.readResponse().catch(() => undefined);
    if (reply?.status !== 200) return;
    whole++;
    expect(reply.body.toString() === path.repeat(2_000)).toBe(true);
  };
  for (let round = 0; round < ROUNDS; round++) await Promise.all(Array.from({ length: CLIENTS }, client));
  expect(whole).toBeGreaterThan(ROUNDS * 2);

  const metric = async (name: string) => {
    const text = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, "m").exec(text)?.[1]);
  };
  await until(async () => (await metric("sluice_upstream_connections_in_use")) === 0);
  await fetch(`http://127.0.0.1:${gateway.adminPort}/api/cache?all=true`, { method: "DELETE" });
  expect(await metric("sluice_plugin_cache_memory_bytes")).toBe(0);
  expect(gateway.logs.filter(({ level }) => level === "error")).toEqual([]);
}, 60_000);
