import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { poolOf } from "../support/pool-stats.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { echoes, noise, replies, response } from "../support/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { type Certificates, makeCertificates } from "../support/tls.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const cleanup = new AsyncDisposableStack();
let folder: TempFolder;
let certificates: Certificates;
let plain: Upstream;
let own: Upstream;
let other: Upstream;
let mutual: Upstream;
let gateway: GatewayProcess;

beforeAll(async () => {
  folder = cleanup.use(tempFolder());
  certificates = makeCertificates(folder.path);
  const { ca, server, client } = certificates;
  const elsewhere = cleanup.use(tempFolder());
  const named = makeCertificates(elsewhere.path, { names: ["DNS:users.internal"] });
  const upstream = (options: Parameters<typeof startUpstream>[1]) => cleanup.use(startUpstream(echoes(), options));
  const socket = folder.file("app.sock");
  plain = upstream({ unix: socket });
  own = upstream({ tls: server });
  other = upstream({ tls: named.server });
  mutual = upstream({ tls: { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true } });
  const trust = `ca: ${ca.certFile}`;
  const trustOther = `ca: ${named.ca.certFile}`;
  const services = [
    ["unix", plain.url, ""],
    ["own-ca", own.url, trust],
    ["own-ca-by-name", `https://localhost:${own.port}`, trust],
    ["unknown-ca", own.url, ""],
    ["other-ca", own.url, trustOther],
    ["wrong-name", other.url, trustOther],
    ["server-name", other.url, `${trustOther}, server-name: users.internal`],
    ["wrong-server-name", own.url, `${trust}, server-name: users.internal`],
    ["not-verified", other.url, "verify: false"],
    ["with-client-certificate", mutual.url, `${trust}, cert: ${client.certFile}, key: ${client.keyFile}`],
    ["without-client-certificate", mutual.url, trust],
  ];
  gateway = cleanup.use(
    await startGateway(`
listen:
  - { host: 127.0.0.1, port: 0 }
  - { host: 127.0.0.1, port: 0, tls: { cert: ${server.certFile}, key: ${server.keyFile} }, limits: { body-bytes: 1gb } }
services:
${services.map(([name, url, tls]) => `  ${name}: { targets: ["${url}"], tls: { ${tls} } }`).join("\n")}
routes:
${services.map(([name]) => `  - { path: /${name}, service: ${name} }`).join("\n")}
`),
  );
});

afterAll(() => cleanup.disposeAsync());

function get(name: string) {
  return exchange(gateway.port, `GET /${name} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
}

describe("a Unix socket target", () => {
  test("is served like any other, its Host is localhost", async () => {
    const answer = await get("unix");
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain("host: localhost\r\n");
    await get("unix");
    expect(plain.connections).toHaveLength(1);
  });
});

describe("an https target", () => {
  test.each(["own-ca", "own-ca-by-name", "server-name", "not-verified", "with-client-certificate"])(
    "is used, and its connections again: %s",
    async (name) => {
      for (let i = 0; i < 3; i++) expect((await get(name)).status).toBe(200);
      expect(await poolOf(gateway, name)).toMatchObject({ created: 1, reused: 2, errors: {} });
    },
  );

  test.each(["unknown-ca", "other-ca", "wrong-name", "wrong-server-name"])(
    "is 502, and gets no byte of the request: %s",
    async (name) => {
      const answer = await get(name);
      expect(problemOf(answer)).toBe("502 upstream_connect");
      expect(answer.raw).not.toContain("certificate");
      const seen = [...own.requests, ...other.requests].map(({ target }) => target);
      expect(seen).not.toContain(`/${name}`);
      expect(await poolOf(gateway, name)).toMatchObject({ open: 0, created: 0, errors: { upstream_connect: 1 } });
    },
  );

  test("that asks for a client certificate does not get the request without one", async () => {
    expect((await get("without-client-certificate")).status).toBe(502);
    expect(mutual.requests.map(({ target }) => target)).not.toContain("/without-client-certificate");
  });

  test("passes a body of many records both ways, whole", async () => {
    const body = noise(3_000_000, 5);
    own.answer(async (request, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${request.body.length}\r\n\r\n`);
      await connection.send(request.body);
    });
    using client = await connect(gateway.port);
    void client.send(`POST /own-ca HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n`);
    void client.send(body);
    const answer = await client.readResponse();
    expect(answer.body.equals(body)).toBe(true);
    own.answer(echoes());
  });
});

describe("an https listener", () => {
  const tls = () => ({ ca: certificates.ca.cert, serverName: "localhost" });
  const secure = () => ({ port: gateway.ports[1] ?? 0, tls: tls() });

  test("serves with the configured certificate and tells the target so", async () => {
    const { port, tls } = secure();
    const answer = await exchange(port, "GET /unix HTTP/1.1\r\nHost: a.test\r\n\r\n", { tls });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain("x-forwarded-proto: https\r\n");
  });

  test("keeps the connection, and takes requests ahead of their turn", async () => {
    const { port, tls } = secure();
    plain.answer((request, connection) => connection.send(response(request.header("x-number") ?? "")));
    using client = await connect(port, { tls });
    const request = (n: number) => `GET /unix HTTP/1.1\r\nHost: a.test\r\nX-Number: ${n}\r\n\r\n`;
    void client.send([1, 2, 3, 4, 5].map(request).join(""));
    for (const n of [1, 2, 3, 4, 5]) expect((await client.readResponse()).body.toString()).toBe(`${n}`);
    plain.answer(echoes());
  });

  test("passes a body of many records both ways, also to a client that reads late", async () => {
    const { port, tls } = secure();
    const body = noise(12_000_000, 6);
    plain.answer(async (request, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${request.body.length}\r\n\r\n`);
      await connection.send(request.body);
    });
    using client = await connect(port, { tls });
    client.pause();
    const sent = client.send(`POST /unix HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n`);
    await Promise.all([sent, client.send(body)]);
    await plain.waitForRequests(1);
    client.resume();
    const answer = await client.readResponse();
    expect(answer.body.equals(body)).toBe(true);
    plain.answer(echoes());
  });

  test("ends a connection that is plain HTTP, and serves the next", async () => {
    const { port, tls } = secure();
    using client = await connect(port);
    void client.send("GET /unix HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await client.waitForClosed();
    plain.answer(replies());
    expect((await exchange(port, "GET /unix HTTP/1.1\r\nHost: a.test\r\n\r\n", { tls })).status).toBe(200);
  });
});
