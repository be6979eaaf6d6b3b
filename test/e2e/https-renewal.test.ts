import { afterEach, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { type Certificates, makeCertificates } from "../support/tls.ts";
import { askOnce, shownBy } from "../support/tls-client.ts";
import { until } from "../support/until.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const TAKEN = "certificate taken";
const KEPT = "changed TLS files cannot be used: the old ones stay";
let folders: TempFolder[];
let folder: TempFolder;
let first: Certificates;
let second: Certificates;
let gateway: InProcessGateway;

const make = (names: readonly string[] = ["DNS:localhost"]) => {
  const own = tempFolder();
  folders.push(own);
  return makeCertificates(own.path, { names });
};
const put = (name: string, { cert, key }: { readonly cert: string; readonly key: string }) => {
  writeFileSync(folder.file(`${name}.crt`), cert);
  writeFileSync(folder.file(`${name}.key`), key);
};
const start = async (tls: string) => {
  gateway = await startInProcess(`
listen: { host: 127.0.0.1, port: 0, tls: { cert: ${folder.file("tls.crt")}, key: ${folder.file("tls.key")}${tls} } }
routes: [{ path: /, plugins: { respond: { status: 204 } } }]
`);
};
const idOf = (cert: string) => new X509Certificate(cert).fingerprint256;
const shows = async ({ server }: Certificates, name?: string) => {
  const shown = await shownBy(gateway.port, name);
  return shown !== "refused" && shown.fingerprint === idOf(server.cert);
};
const showing = (certificates: Certificates, name?: string) =>
  until(() => shows(certificates, name), { what: "the certificate is shown" });
const logged = (message: string) => gateway.logs.filter((line) => line.message === message);

beforeEach(async () => {
  folder = tempFolder();
  folders = [folder];
  first = make();
  second = make();
  put("tls", first.server);
});
afterEach(async () => {
  setSystemTime();
  await gateway.stop();
  for (const made of folders) made.remove();
});

test("a renewed pair is taken, on the same port, while a connection goes on with what it had", async () => {
  await start(', min-version: "1.3"');
  const { port } = gateway;
  using client = await connect(port, { tls: { ca: first.ca.cert, serverName: "localhost" } });
  expect((await client.exchange(GET)).status).toBe(204);
  put("tls", second.server);
  await showing(second);
  expect((await client.exchange(GET)).status).toBe(204);
  expect(gateway.port).toBe(port);
  expect((await exchange(port, GET, { tls: { ca: second.ca.cert, serverName: "localhost" } })).status).toBe(204);
  expect(await shownBy(port, "localhost", { ALPNProtocols: ["h2"] })).toBe("refused");
  expect(await shownBy(port, "localhost", { maxVersion: "TLSv1.2" })).toBe("refused");
  expect(await shownBy(port, "localhost", { ALPNProtocols: ["http/1.1"] })).toMatchObject({ protocol: "http/1.1" });
  const notAfter = new Date(new X509Certificate(second.server.cert).validTo).toISOString();
  expect(logged(TAKEN)).toEqual([
    { level: "info", message: TAKEN, fields: { file: folder.file("tls.crt"), names: ["localhost"], notAfter } },
  ]);
  expect(gateway.edges[0]?.certificates[0]?.notAfter).toBe(Date.parse(notAfter));
});

test("of several certificates each is renewed by itself, with its names", async () => {
  const shop = make(["DNS:shop.test"]);
  const renewed = make(["DNS:shop.test", "DNS:store.test"]);
  put("shop", shop.server);
  await start(`, certificates: [{ cert: ${folder.file("shop.crt")}, key: ${folder.file("shop.key")} }]`);
  expect(await shows(shop, "shop.test")).toBe(true);
  expect(await shows(first, "store.test")).toBe(true);
  writeFileSync(folder.file("tls.key"), "no key");
  put("shop", renewed.server);
  await showing(renewed, "shop.test");
  expect(await shows(renewed, "store.test")).toBe(true);
  expect(await shows(first, "localhost")).toBe(true);
  put("tls", second.server);
  await showing(second);
  expect(await shows(renewed, "shop.test")).toBe(true);
});

describe("a pair that is taken, and probably should not have been, is warned of:", () => {
  const lost = "a renewed certificate is for fewer names";

  test.each([
    ["no name", [], "IP:127.0.0.1"],
    ["another one", ["other.test"], "DNS:other.test"],
  ])("one that is made out to %s", async (_, names, made) => {
    await start("");
    put("tls", make([made]).server);
    const line = await gateway.waitForLog(({ message }) => message === lost);
    const fields = { file: folder.file("tls.crt"), lost: ["localhost"], before: ["localhost"], names };
    expect(line).toEqual({ level: "warn", message: lost, fields });
  });

  test("one without a name that the configuration has for it", async () => {
    const shop = make(["DNS:*.shop.test", "DNS:old.test"]);
    put("shop", shop.server);
    const files = `cert: ${folder.file("shop.crt")}, key: ${folder.file("shop.key")}`;
    await start(`, certificates: [{ ${files}, names: [A.shop.test] }]`);
    put("shop", make(["DNS:a.shop.test"]).server);
    await until(() => logged(TAKEN).length === 1);
    put("shop", make(["DNS:b.shop.test"]).server);
    expect((await gateway.waitForLog(({ message }) => message === lost)).fields).toMatchObject({
      lost: ["a.shop.test"],
    });
    expect(logged(lost)).toHaveLength(1);
  });

  test("one that has expired", async () => {
    await start("");
    setSystemTime(new Date(Date.now() + 31 * 86_400_000));
    put("tls", second.server);
    const { message, level, fields } = await gateway.waitForLog((line) => line.level === "warn");
    expect([message, level]).toEqual(["a renewed certificate is not valid now", "warn"]);
    expect(Date.parse(String(fields.notAfter))).toBeLessThan(Date.now());
    expect(logged(lost)).toEqual([]);
  });
});

describe("files that cannot be used leave the old ones", () => {
  test.each([
    ["half of a certificate", "tls.crt", () => second.server.cert.slice(0, 300), "no PEM certificate is in this file"],
    ["an empty file", "tls.crt", () => "", "no PEM certificate is in this file"],
    ["a key of another certificate", "tls.key", () => second.server.key, "this key is not the certificate's"],
  ])("%s", async (_, name, content, reason) => {
    await start("");
    writeFileSync(folder.file(name), content());
    const line = await gateway.waitForLog(({ message }) => message === KEPT);
    const file = folder.file(name);
    expect(line).toEqual({ level: "error", message: KEPT, fields: { file, reason } });
    expect(await shows(first)).toBe(true);
    put("tls", second.server);
    await showing(second);
    expect(logged(KEPT).length).toBe(1);
  });

  test("a file that is gone", async () => {
    await start("");
    rmSync(folder.file("tls.crt"));
    const line = await gateway.waitForLog(({ message }) => message === KEPT);
    expect(line.fields).toEqual({ file: folder.file("tls.crt"), reason: "there is no such file" });
    expect(await shows(first)).toBe(true);
  });
});

test("a certificate that comes a moment before its key is nothing to log", async () => {
  await start("");
  writeFileSync(folder.file("tls.crt"), second.server.cert);
  await Bun.sleep(200);
  writeFileSync(folder.file("tls.key"), second.server.key);
  await showing(second);
  expect(logged(KEPT)).toEqual([]);
});

test("files that are links, all changed at once by one that they go through", async () => {
  folder.write("1/tls.crt", first.server.cert);
  folder.write("1/tls.key", first.server.key);
  folder.write("2/tls.crt", second.server.cert);
  folder.write("2/tls.key", second.server.key);
  symlinkSync("1", folder.file("..data"));
  for (const name of ["tls.crt", "tls.key"]) {
    rmSync(folder.file(name));
    symlinkSync(`..data/${name}`, folder.file(name));
  }
  await start("");
  expect(await shows(first)).toBe(true);
  symlinkSync("2", folder.file("..next"));
  renameSync(folder.file("..next"), folder.file("..data"));
  await showing(second);
});

test("other authorities of clients are taken", async () => {
  const ca = folder.write("clients.crt", first.ca.cert);
  const shop = make(["DNS:shop.test"]);
  put("shop", shop.server);
  const more = `certificates: [{ cert: ${folder.file("shop.crt")}, key: ${folder.file("shop.key")} }]`;
  await start(`, client-certificates: { ca: ${ca} }, ${more}`);
  const ask = ({ client }: Certificates, serverName: string) => {
    const tls = { ca: serverName === "localhost" ? first.ca.cert : shop.ca.cert, serverName };
    return exchange(gateway.port, GET, { tls: { ...tls, cert: client.cert, key: client.key } }).then(
      ({ status }) => status,
      () => "closed",
    );
  };
  const all = async (who: Certificates) => [await ask(who, "localhost"), await ask(who, "shop.test")];
  expect([await all(first), await all(second)]).toEqual([
    [204, 204],
    ["closed", "closed"],
  ]);
  writeFileSync(ca, "");
  await gateway.waitForLog(({ message }) => message === KEPT);
  expect([await all(first), await all(second)]).toEqual([
    [204, 204],
    ["closed", "closed"],
  ]);
  writeFileSync(ca, second.ca.cert);
  await gateway.waitForLog(({ message }) => message === "client authorities taken");
  expect([await all(first), await all(second)]).toEqual([
    ["closed", "closed"],
    [204, 204],
  ]);
});

test("the session of a client that is trusted no longer is not resumed", async () => {
  const ca = folder.write("clients.crt", first.ca.cert);
  await start(`, client-certificates: { ca: ${ca} }`);
  const { cert, key } = first.client;
  const { session } = await askOnce(gateway.port, GET, { cert, key });
  expect(await askOnce(gateway.port, GET, { cert, key, session })).toMatchObject({ isResumed: true, isAnswered: true });
  writeFileSync(ca, second.ca.cert);
  await gateway.waitForLog(({ message }) => message === "client authorities taken");
  expect(await askOnce(gateway.port, GET, { cert, key, session })).toMatchObject({
    isResumed: false,
    isAnswered: false,
  });
});

test("clients that connect all the while lose no connection over many renewals", async () => {
  const shops = [make(["DNS:shop.test"]), make(["DNS:shop.test"])] as const;
  put("shop", shops[0].server);
  await start(`, certificates: [{ cert: ${folder.file("shop.crt")}, key: ${folder.file("shop.key")} }]`);
  const failures: unknown[] = [];
  let served = 0;
  let isOver = false;
  const client = async (serverName: string, [one, other]: readonly [Certificates, Certificates]) => {
    const options = { tls: { ca: `${one.ca.cert}${other.ca.cert}`, serverName } };
    using kept = await connect(gateway.port, options);
    while (!isOver) {
      try {
        const replies = [await exchange(gateway.port, GET, options), await kept.exchange(GET)];
        for (const { status } of replies) if (status !== 204) failures.push(status);
        served++;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const clients = [client("localhost", [first, second]), client("shop.test", shops)];
  for (let round = 1; round <= 12; round++) {
    const isOdd = round % 2 === 1;
    const before = served;
    put("tls", (isOdd ? second : first).server);
    put("shop", shops[isOdd ? 1 : 0].server);
    await showing(isOdd ? second : first);
    await showing(shops[isOdd ? 1 : 0], "shop.test");
    Bun.gc(true);
    await until(() => served > before + 10, { what: "they were served since" });
  }
  isOver = true;
  await Promise.all(clients);
  expect(failures).toEqual([]);
}, 60_000);
