import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { connect } from "../support/raw.ts";
import { configReport, reload } from "../support/reload.ts";
import { response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { shownBy } from "../support/tls-client.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, startLoad } from "../support/workers.ts";

setDefaultTimeout(60_000);

let letGo = Promise.withResolvers<void>();
const up = startUpstream(async ({ target }, connection) => {
  if (target === "/held") await letGo.promise;
  await connection.send(response("ok"));
});
afterAll(() => up.stop());

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ONE = "{ host: 127.0.0.1, port: 0 }";

function yaml(listen: string, more = ""): string {
  return `reload: manual
listen: ${listen}
admin: { host: 127.0.0.1, port: 0 }
${more}services: { s: { targets: ["${up.url}"] } }
routes: [{ path: /*, service: s }]
`;
}

async function change({ configFile, adminPort }: GatewayProcess, text: string) {
  await Bun.write(configFile, text);
  return await reload({ adminPort });
}

async function ports(gateway: GatewayProcess): Promise<readonly number[]> {
  const { listeners } = await adminJson<{ listeners: readonly { port: number }[] }>(gateway, "/api/listeners");
  return listeners.map(({ port }) => port);
}

async function status(port: number, request = GET): Promise<number> {
  using client = await connect(port);
  return (await client.exchange(request)).status;
}

describe.each([1, 2])("listeners of a gateway with %d workers", (workers) => {
  const one = `{ host: 127.0.0.1, port: 0, workers: ${workers} }`;

  test("are added and removed under load: no request fails, and what is under way ends", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await startGateway(yaml(`[${one}, ${ONE}]`));
    const [kept = 0, gone = 0] = await ports(gateway);
    const load = startLoad([kept], 4);
    using held = await connect(gone);
    const before = up.requests.length;
    void held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => up.requests.slice(before).some(({ target }) => target === "/held"));
    // The first at port 0 is the first at port 0: the second goes, and another host's comes.
    const added = `{ host: 127.0.0.2, port: 0 }`;
    expect(await change(gateway, yaml(`[${one}, ${added}]`))).toMatchObject({
      result: "applied",
      needsRestart: [],
      changes: [
        { part: "listener 127.0.0.1:0 (2)", change: "removed" },
        { part: "listener 127.0.0.2:0", change: "added" },
      ],
    });
    const [still, fresh = 0] = await ports(gateway);
    expect(still).toBe(kept);
    using other = await connect(fresh, { host: "127.0.0.2" });
    expect((await other.exchange(GET)).status).toBe(200);
    await until(() =>
      connect(gone).then(
        ({ close }) => void close,
        () => true,
      ),
    );
    letGo.resolve();
    const reply = await held.readResponse();
    expect([reply.status, reply.header("connection")]).toEqual([200, "close"]);
    const answered = load.answered;
    await until(() => load.answered > answered + 50);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await gateway.stop()).toBe(0);
  });

  test("of which one cannot be had leave all as it was", async () => {
    await using gateway = await startGateway(yaml(`[${one}]`));
    using foreign = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const text = yaml(`[${one}, ${ONE}, { host: 127.0.0.1, port: ${foreign.port} }]`).replace("/*", "/other");
    const { result, problems } = await change(gateway, text);
    expect(result).toBe("failed");
    expect(problems[0]?.message).toContain(`cannot listen on 127.0.0.1:${foreign.port}: another process uses the port`);
    expect(await ports(gateway)).toHaveLength(1);
    expect(await status(gateway.port)).toBe(200);
  });

  test("go by other limits and timeouts from then on", async () => {
    await using gateway = await startGateway(yaml(`[${one}]`));
    const big = `GET / HTTP/1.1\r\nHost: a\r\nx-big: ${"x".repeat(2_000)}\r\n\r\n`;
    using open = await connect(gateway.port);
    expect((await open.exchange(GET)).status).toBe(200);
    const changed = one.replace(
      "}",
      ", limits: { header-bytes: 1kb, body-bytes: 1b }, timeouts: { keep-alive: 50ms } }",
    );
    expect(await change(gateway, yaml(`[${changed}]`))).toMatchObject({ result: "applied", needsRestart: [] });
    expect(await status(gateway.port, big)).toBe(431);
    expect(await status(gateway.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")).toBe(413);
    // A connection that was open has the timeouts after its next request.
    expect((await open.exchange(GET)).status).toBe(200);
    expect((await open.readAll()).toString()).toBe("");
  });
});

test.each([1, 2])("a port that drains can be had again at once, with %d workers", async (workers) => {
  letGo = Promise.withResolvers();
  const port = freePort();
  const one = `{ host: 127.0.0.1, port: 0, workers: ${workers} }`;
  const both = yaml(`[${one}, { host: 127.0.0.1, port: ${port} }]`);
  await using gateway = await startGateway(both);
  using held = await connect(port);
  const before = up.requests.length;
  void held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  await up.waitForRequests(before + 1);
  expect((await change(gateway, yaml(`[${one}]`))).result).toBe("applied");
  expect((await change(gateway, both)).result).toBe("applied");
  expect(await status(port)).toBe(200);
  letGo.resolve();
  expect((await held.readResponse()).status).toBe(200);
  expect(await gateway.stop()).toBe(0);
});

test("a listener that comes and goes again and again leaves nothing behind", async () => {
  await using gateway = await startGateway(yaml(`[${ONE}]`));
  const both = yaml(`[${ONE}, { host: 127.0.0.2, port: 0, limits: { header-count: 5 } }]`);
  let before = 0;
  for (let n = 1; n <= 16; n++) {
    expect((await change(gateway, both)).result).toBe("applied");
    const [, added = 0] = await ports(gateway);
    using client = await connect(added, { host: "127.0.0.2" });
    expect((await client.exchange(GET)).status).toBe(200);
    expect((await change(gateway, yaml(`[${ONE}]`))).result).toBe("applied");
    await client.waitForClosed();
    if (n === 4) before = gateway.fds();
  }
  await until(() => gateway.fds() <= before);
});

test("a peer that is trusted no longer is not believed on its open connection, and one that is now is", async () => {
  const listen = (proxies: string) => `{ host: 127.0.0.1, port: 0, trusted-proxies: [${proxies}] }`;
  await using gateway = await startGateway(yaml(listen("127.0.0.0/8")));
  using client = await connect(gateway.port);
  const told = async () => {
    await client.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
    return up.requests.at(-1)?.headers.find(([name]) => name.toLowerCase() === "x-forwarded-for")?.[1];
  };
  expect(await told()).toBe("203.0.113.9, 127.0.0.1");
  await change(gateway, yaml(listen("")));
  expect(await told()).toBe("127.0.0.1");
  await change(gateway, yaml(listen("127.0.0.1/32")));
  expect(await told()).toBe("203.0.113.9, 127.0.0.1");
});

test("other certificates, more of them and a higher least version are taken; a bad file is refused", async () => {
  using folder = tempFolder();
  const [first, second] = ["first", "second"].map((name) => {
    folder.write(`${name}/.keep`, "");
    return makeCertificates(folder.file(name), { names: [`DNS:${name}.test`] }).server;
  });
  if (first === undefined || second === undefined) throw new Error("two pairs were made");
  const pair = ({ certFile, keyFile }: typeof first) => `cert: ${certFile}, key: ${keyFile}`;
  const listen = (tls: string) => `{ host: 127.0.0.1, port: 0, tls: { ${tls} } }`;
  await using gateway = await startGateway(yaml(listen(pair(first))));
  const idOf = async (name: string | undefined) => {
    const shown = await shownBy(gateway.port, name);
    return shown === "refused" ? shown : shown.fingerprint;
  };
  const [one, two] = [first, second].map(({ cert }) => new X509Certificate(cert).fingerprint256);
  expect(await idOf("second.test")).toBe(one ?? "");
  const both = `${pair(first)}, certificates: [{ ${pair(second)} }], min-version: "1.3"`;
  expect(await change(gateway, yaml(listen(both)))).toMatchObject({ result: "applied", needsRestart: [] });
  expect([await idOf("first.test"), await idOf("second.test")]).toEqual([one ?? "", two ?? ""]);
  expect(await shownBy(gateway.port, "second.test", { maxVersion: "TLSv1.2" })).toBe("refused");
  expect(await change(gateway, yaml(listen(pair(second))))).toMatchObject({ result: "applied" });
  expect([await idOf("first.test"), await idOf(undefined)]).toEqual([two ?? "", two ?? ""]);
  expect((await change(gateway, yaml(listen(`cert: ${first.certFile}, key: ${second.keyFile}`)))).result).toBe(
    "failed",
  );
  expect(await idOf("second.test")).toBe(two ?? "");
  // Files in use are watched: those of the second pair are, now.
  const renewed = makeCertificates(folder.file("second"), { names: ["DNS:second.test"] }).server;
  const three = new X509Certificate(renewed.cert).fingerprint256;
  await until(async () => (await idOf("second.test")) === three);
});

test("what of a listener waits for a restart is told, and its other keys are at work", async () => {
  using folder = tempFolder();
  const { certFile, keyFile } = makeCertificates(folder.path).server;
  await using gateway = await startGateway(yaml(ONE));
  const next = `{ host: 127.0.0.1, port: 0, workers: 2, http2: true, tls: { cert: ${certFile}, key: ${keyFile} }, limits: { header-count: 2 } }`;
  const needsRestart = ["listen.workers", "listen.http2", "listen.tls"];
  const report = await change(gateway, yaml(next, "log: { format: pretty }\n"));
  expect(report).toMatchObject({ result: "applied", needsRestart: ["log.format", ...needsRestart] });
  expect((await configReport(gateway)).needsRestart).toEqual(["log.format", ...needsRestart]);
  expect(await status(gateway.port)).toBe(200);
  expect(await status(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\na: 1\r\nb: 2\r\n\r\n")).toBe(431);
  expect((await change(gateway, yaml(ONE))).needsRestart).toEqual([]);
});

test("a listener at another address of its port waits for a restart", async () => {
  await using gateway = await startGateway(yaml(ONE));
  const at = (host: string) => yaml(`{ host: ${host}, port: ${gateway.port} }`);
  // Written with the port that it has, it would be another one at that port.
  expect((await change(gateway, at("127.0.0.1"))).result).toBe("failed");
  await using fixed = await startGateway(yaml(`{ host: 127.0.0.1, port: ${freePort()} }`));
  const moved = yaml(`{ host: 0.0.0.0, port: ${fixed.port}, limits: { header-count: 1 } }`);
  expect(await change(fixed, moved)).toMatchObject({ result: "applied", needsRestart: ["listen.host"] });
  expect(await status(fixed.port, "GET / HTTP/1.1\r\nHost: a\r\na: 1\r\n\r\n")).toBe(431);
});

test.each([1, 2])("the level and the hidden fields of the log change, with %d workers", async (workers) => {
  const listen = `{ host: 127.0.0.1, port: 0, workers: ${workers} }`;
  const plugins = "plugins: { access-log: { request-headers: [x-id] } }\n";
  await using gateway = await startGateway(yaml(listen, plugins));
  const request = "GET / HTTP/1.1\r\nHost: a\r\nX-Id: seven\r\n\r\n";
  const lines = () => gateway.logs.filter(({ msg }) => msg === "request");
  await status(gateway.port, request);
  await until(() => lines().length === 1);
  expect(JSON.stringify(lines()[0])).toContain("seven");
  await change(gateway, yaml(listen, `log: { redact: [x-id] }\n${plugins}`));
  await status(gateway.port, request);
  await until(() => lines().length === 2);
  expect(JSON.stringify(lines()[1])).not.toContain("seven");
  await change(gateway, yaml(listen, `log: { level: warn }\n${plugins}`));
  await status(gateway.port, request);
  await change(gateway, yaml(listen, plugins));
  await status(gateway.port, request);
  await until(() => lines().length === 3);
  expect(JSON.stringify(lines()[2])).toContain("seven");
});
