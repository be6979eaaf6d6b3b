import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { noise } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { latest, openTunnel, switches } from "../support/websocket.ts";

test("a target that ends in the middle of the TLS handshake is 502 at once", async () => {
  using upstream = startUpstream(() => undefined, { halfOpen: true, onOpen: (connection) => connection.halfClose() });
  await using gateway = await startInProcess(`
services: { all: { targets: ["https://127.0.0.1:${upstream.port}"], timeouts: { connect: 1h } } }
routes: [{ path: /*, service: all }]
`);
  expect(problemOf(await exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))).toBe("502 upstream_connect");
});

test("a tunnel over TLS on both sides passes bytes, an end and a reset on", async () => {
  using folder = tempFolder();
  const { ca, server } = makeCertificates(folder.path);
  using upstream = startUpstream(switches("raw"), { tls: server });
  await using gateway = await startInProcess(`
listen: { host: 127.0.0.1, port: 0, tls: { cert: ${server.certFile}, key: ${server.keyFile} } }
plugins: { access-log: {} }
services: { all: { targets: ["${upstream.url}"], tls: { ca: ${ca.certFile} } } }
routes: [{ path: /ws, service: all, upgrade: [raw] }]
`);
  const options = { tls: { ca: ca.cert, serverName: "localhost" } };
  const bytes = noise(6_000_000);
  using client = await connect(gateway.port, options);
  await openTunnel(client, "raw");
  const target = latest(upstream);
  void client.send(bytes);
  void target.send(bytes);
  await Promise.all([target.waitForBytes(bytes.length), client.waitForBytes(bytes.length)]);
  expect(Bun.hash(client.inbox.rest)).toBe(Bun.hash(bytes));
  expect(Bun.hash(target.inbox.rest)).toBe(Bun.hash(bytes));
  client.close();
  await until(() => target.isEnded);
  target.close();
  await until(() => gateway.edges[0]?.tunnels === 0 && gateway.edges[0].connections === 0);

  using second = await connect(gateway.port, options);
  await openTunnel(second, "raw");
  latest(upstream).reset();
  await second.waitForClosed();
  await upstream.waitForClosed();
  expect(gateway.edges[0]?.tunnels).toBe(0);
});
