import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { loadConfig } from "../../src/config/load.ts";
import type { Context } from "../../src/context.ts";
import type { Edge } from "../../src/edge/edge.ts";
import { listenWire } from "../../src/edge/wire.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { Reply } from "../../src/message/reply.ts";
import type { PeerCertificate } from "../../src/message/request.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { exchangeHttp2 } from "../support/http2.ts";
import { connect, exchange } from "../support/raw.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const folder = tempFolder();
const elsewhere = tempFolder();
const { ca, server, client } = makeCertificates(folder.path);
const stranger = makeCertificates(elsewhere.path).client;
const edges: Edge[] = [];
let seen: PeerCertificate | undefined;

const handler = {
  handle: (ctx: Context) => {
    seen = ctx.request.peer.certificate;
    return new Reply(204, new HeaderList());
  },
  finish: () => {},
  fail: () => new Reply(500, new HeaderList()),
  refuse: () => new Reply(400, new HeaderList()),
};

beforeAll(async () => {
  const files = `cert: ${server.certFile}, key: ${server.keyFile}`;
  const proxies = "trusted-proxies: [127.0.0.1]";
  const file = folder.write(
    "gateway.yaml",
    `
listen:
  - { host: 127.0.0.1, port: 0, tls: { ${files}, client-certificates: { ca: ${ca.certFile} } } }
  - { host: 127.0.0.1, port: 0, ${proxies}, tls: { ${files}, client-certificates: { ca: ${ca.certFile}, mode: optional } } }
  - { host: 127.0.0.1, port: 0, tls: { ${files}, min-version: "1.3" } }
  - { host: 127.0.0.1, port: 0, http2: true, tls: { ${files}, client-certificates: { ca: ${ca.certFile}, mode: optional } } }
  - { host: 127.0.0.1, port: 0, tls: { ${files} }, timeouts: { header: 300ms } }
routes: [{ path: /, plugins: { respond: { status: 204 } } }]
`,
  );
  const plugins = await createRegistry(new URL("../../plugins", import.meta.url).pathname);
  const loaded = await loadConfig(file, { env: {}, plugins });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  for (const listen of loaded.config.listen) edges.push(listenWire(listen, handler));
});
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.stop(0)));
  folder.remove();
  elsewhere.remove();
});

const portOf = (index: number) => edges[index]?.port ?? 0;
const trust = { ca: ca.cert, serverName: "localhost" };
const own = (pair: { readonly cert: string; readonly key: string }) => ({ ...trust, cert: pair.cert, key: pair.key });
const ask = async (index: number, tls: { readonly cert?: string; readonly key?: string; readonly ca: string }) => {
  seen = undefined;
  return (await exchange(portOf(index), GET, { tls })).status;
};

describe("client certificates that are required", () => {
  test("let in who has one of the authority, and tell plugins of it", async () => {
    expect(await ask(0, own(client))).toBe(204);
    const { fingerprint256, raw } = new X509Certificate(client.cert);
    expect(seen).toEqual({ commonName: "client", fingerprint: fingerprint256, raw: expect.anything() });
    expect(Buffer.compare(seen?.raw ?? Buffer.of(), raw)).toBe(0);
  });

  test.each([
    ["none", trust],
    ["one of another authority", own(stranger)],
  ])("keep out who has %s", async (_, tls) => {
    const asked = await ask(0, tls).catch(() => "closed");
    expect([asked, seen]).toEqual(["closed", undefined]);
  });
});

describe("client certificates that are optional", () => {
  test("are told of, of a trusted proxy as well", async () => {
    expect(await ask(1, own(client))).toBe(204);
    expect(seen?.commonName).toBe("client");
  });

  test.each([
    ["none", trust],
    ["one of another authority", own(stranger)],
  ])("let in who has %s, without one", async (_, tls) => {
    expect([await ask(1, tls), seen]).toEqual([204, undefined]);
  });
});

test("where none is asked for none is told of", async () => {
  expect([await ask(2, own(client)), seen]).toEqual([204, undefined]);
});

test("a version below the least is refused in the handshake", async () => {
  const speak = (index: number, maxVersion: "TLSv1.2" | "TLSv1.3") => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const socket = connectTls({ host: "127.0.0.1", port: portOf(index), ...own(client), maxVersion });
    socket.on("secureConnect", () => resolve(socket.getProtocol()));
    socket.on("error", () => resolve("refused"));
    return promise.finally(() => socket.destroy());
  };
  expect(await speak(2, "TLSv1.2")).toBe("refused");
  expect(await speak(2, "TLSv1.3")).toBe("TLSv1.3");
  expect(await speak(1, "TLSv1.2")).toBe("TLSv1.2");
});

test.each([
  ["http/1.1 is chosen among others", ["h2", "http/1.1"], "http/1.1"],
  ["a client that speaks only another protocol is told so", ["h2"], "refused"],
  ["a client that names none is served", undefined, false],
])("of protocols: %s", async (_, names, expected) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const offer = names === undefined ? {} : { ALPNProtocols: names };
  const socket = connectTls({ host: "127.0.0.1", port: portOf(2), ca: ca.cert, servername: "localhost", ...offer });
  socket.on("secureConnect", () => resolve(socket.alpnProtocol));
  socket.on("error", () => resolve("refused"));
  expect(await promise.finally(() => socket.destroy())).toBe(expected);
});

test.each([
  ["nothing", ""],
  ["half a handshake", "\x16\x03\x01\x02\x00\x01"],
])("a client that sends %s is closed after the time for a head", async (_, bytes) => {
  using slow = await connect(portOf(4));
  if (bytes !== "") void slow.send(bytes);
  await slow.waitForClosed();
});

test("of an HTTP/2 client the verified certificate is told as well, and of one without, none", async () => {
  const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  expect((await exchangeHttp2(portOf(3), request, own(client))).status).toBe(204);
  expect(seen?.commonName).toBe("client");
  expect((await exchangeHttp2(portOf(3), request, { ca: ca.cert })).status).toBe(204);
  expect(seen).toBeUndefined();
});
