import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { WorkerView } from "../../src/admin/view.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { shownBy } from "../support/tls-client.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(60_000);

const folder = tempFolder();
const elsewhere = tempFolder();
const { ca, server, client } = makeCertificates(folder.path);
const stranger = makeCertificates(elsewhere.path);
afterAll(() => {
  folder.remove();
  elsewhere.remove();
});

const HELLO = "routes: [{ path: /hello, plugins: { respond: { body: hello } } }]\n";

interface AdminYaml {
  readonly token?: string;
  readonly mode?: "required" | "optional";
  readonly workers?: number;
  readonly host?: string;
}

function yaml({ token, mode, workers = 1, host = "127.0.0.1" }: AdminYaml): string {
  const clients = mode === undefined ? "" : `, client-certificates: { ca: ${ca.certFile}, mode: ${mode} }`;
  const tls = `tls: { cert: ${server.certFile}, key: ${server.keyFile}${clients} }`;
  return `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
admin: { host: ${host}, port: 0, ${token === undefined ? "" : `token: ${token}, `}${tls} }
${HELLO}`;
}

const SHOWN = { client: { cert: client.cert, key: client.key }, stranger: stranger.client, none: {} };

/** The status of a request with that certificate and token; the code of the error where there is no connection. */
async function ask(
  { adminPort }: GatewayProcess,
  as: keyof typeof SHOWN,
  { token, path = "/api/routes", ...init }: RequestInit & { readonly token?: string; readonly path?: string } = {},
): Promise<number | "no connection"> {
  const { cert, key } = { cert: undefined, key: undefined, ...SHOWN[as] };
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const tls = { ca: ca.cert, ...(cert === undefined ? {} : { cert, key }) };
  try {
    const response = await fetch(`https://127.0.0.1:${adminPort}${path}`, { ...init, headers, tls, keepalive: false });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return "no connection";
  }
}

describe("what a request needs", () => {
  const CASES = [
    [{}, { none: 200, stranger: 200, client: 200, "none+": 200 }],
    [{ token: "tUNq0vXw3Rk9sLd7" }, { none: 401, stranger: 401, client: 401, "none+": 200 }],
    [{ mode: "required" }, { none: "no connection", stranger: "no connection", client: 200 }],
    [
      { mode: "required", token: "tUNq0vXw3Rk9sLd7" },
      { none: "no connection", "none+": "no connection", "stranger+": "no connection", client: 401, "client+": 200 },
    ],
    [{ mode: "optional" }, { none: 403, stranger: 403, client: 200 }],
    [
      { mode: "optional", token: "tUNq0vXw3Rk9sLd7" },
      { none: 401, stranger: 401, client: 200, "none+": 200, "stranger+": 200, "client+": 200 },
    ],
  ] as const satisfies readonly (readonly [AdminYaml, Readonly<Record<string, number | string>>])[];

  test.each(CASES)("with %j is %j", async (admin, expected) => {
    await using gateway = await startGateway(yaml(admin));
    const found: Record<string, number | string> = {};
    for (const name of Object.keys(expected)) {
      const as = name.replace("+", "") as keyof typeof SHOWN;
      found[name] = await ask(gateway, as, name.endsWith("+") ? { token: "tUNq0vXw3Rk9sLd7" } : {});
    }
    expect(found).toEqual(expected);
    const mode = "mode" in admin ? admin.mode : undefined;
    expect(await ask(gateway, "none", { path: "/health/ready" })).toBe(mode === "required" ? "no connection" : 200);
    expect(await ask(gateway, "client", { path: "/health/ready" })).toBe(200);
    expect(gateway.logs.find(({ msg }) => msg === "admin listening")).toMatchObject({ scheme: "https" });
  });
});

test("a certificate that a browser shows by itself is no leave for other sites, and its name is in the audit", async () => {
  await using gateway = await startGateway(yaml({ mode: "optional", token: "tUNq0vXw3Rk9sLd7" }));
  const crossSite = { headers: { "sec-fetch-site": "cross-site" } };
  expect(await ask(gateway, "client", crossSite)).toBe(403);
  expect(await ask(gateway, "client", { ...crossSite, method: "POST", path: "/api/reload" })).toBe(403);
  const own = { headers: { origin: `https://127.0.0.1:${gateway.adminPort}` } };
  expect(await ask(gateway, "client", { ...own, method: "POST", path: "/api/reload" })).toBe(200);
  expect(await ask(gateway, "none", { method: "POST", path: "/api/reload", token: "tUNq0vXw3Rk9sLd7" })).toBe(200);
  const tls = { ca: ca.cert, cert: client.cert, key: client.key };
  const audit = await fetch(`https://127.0.0.1:${gateway.adminPort}/api/audit`, { tls });
  const action = { from: "127.0.0.1", method: "POST", path: "/api/reload" };
  expect(await audit.json()).toMatchObject({
    actions: [
      { who: "token", status: 200, ...action },
      { who: "client", status: 200, ...action },
      { who: "client", status: 403, ...action },
    ],
  });
  const logged = await until(() => {
    const lines = gateway.logs.filter(({ msg }) => msg === "an admin action");
    return lines.length === 3 ? lines : undefined;
  });
  expect(logged.map(({ who, status }) => [who, status])).toEqual([
    ["client", 403],
    ["client", 200],
    ["token", 200],
  ]);
});

test("with workers the parent serves https, and takes a renewed certificate", async () => {
  const own = tempFolder();
  const before = makeCertificates(own.path);
  const after = makeCertificates(elsewhere.path);
  const text = yaml({ workers: 2 })
    .replaceAll(server.certFile, before.server.certFile)
    .replaceAll(server.keyFile, before.server.keyFile);
  await using gateway = await startGateway(text);
  const response = await fetch(`https://127.0.0.1:${gateway.adminPort}/api/workers`, { tls: { ca: before.ca.cert } });
  const { workers } = (await response.json()) as { readonly workers: readonly WorkerView[] };
  expect(workers.map(({ state }) => state)).toEqual(["running", "running"]);
  const shown = await shownBy(gateway.adminPort, "localhost");
  writeFileSync(before.server.certFile, readFileSync(after.server.certFile));
  writeFileSync(before.server.keyFile, readFileSync(after.server.keyFile));
  await until(async () => Bun.deepEquals(await shownBy(gateway.adminPort, "localhost"), shown) === false, {
    timeout: 15_000,
    what: "the new certificate is shown",
  });
  await gateway.waitForLog(({ msg, worker }) => msg === "certificate taken" && worker === undefined);
  own.remove();
});

test("another host is bound with client certificates alone, not with TLS alone", async () => {
  await using gateway = await startGateway(yaml({ mode: "optional", host: "0.0.0.0" }));
  expect(await ask(gateway, "none")).toBe(403);
  expect(await ask(gateway, "client")).toBe(200);
  await expect(startGateway(yaml({ host: "0.0.0.0" }))).rejects.toThrow("this host opens it to others");
});

describe("commands", () => {
  let gateway: GatewayProcess;
  const config = () => ["--config", gateway.configFile];
  const flags = ["--ca", ca.certFile, "--client-cert", client.certFile, "--client-key", client.keyFile];

  beforeAll(async () => {
    gateway = await startGateway(yaml({ mode: "required", token: "tUNq0vXw3Rk9sLd7" }));
    // What is asked has the port in its file.
    const written = await Bun.file(gateway.configFile).text();
    await Bun.write(
      gateway.configFile,
      written.replace("127.0.0.1, port: 0, token", `127.0.0.1, port: ${gateway.adminPort}, token`),
    );
  });
  afterAll(() => gateway.stop());

  test("reach a port that wants a certificate and a token", async () => {
    const ready = await runCli(gateway.folder, "ready", ...config(), ...flags);
    expect(ready).toEqual({ code: 0, out: "ready\n", err: "" });
    const plan = await runCli(gateway.folder, "plan", ...config(), ...flags);
    expect(plan).toMatchObject({ code: 0, err: "" });
    expect(plan.out).toContain("admin");
  });

  test("say what is missing", async () => {
    const untrusted = await runCli(gateway.folder, "ready", ...config());
    expect(untrusted).toMatchObject({ code: 1, out: "" });
    expect(untrusted.err).toContain("is not trusted (");
    expect(untrusted.err).toContain("--ca FILE");
    const unknown = await runCli(gateway.folder, "ready", ...config(), "--ca", ca.certFile);
    expect(unknown).toMatchObject({ code: 1, out: "" });
    expect(unknown.err).toContain("--client-cert FILE --client-key FILE");
    const missing = await runCli(gateway.folder, "ready", ...config(), "--ca", "nowhere.pem");
    expect(missing).toMatchObject({ code: 1, err: `${gateway.folder}/nowhere.pem: there is no such file\n` });
    const wrong = await runCli(gateway.folder, "ready", ...config(), "--ca", stranger.ca.certFile);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("is not trusted") });
  });

  test("trust a certificate that has signed itself, as the file has it, and no other", async () => {
    const [self, other] = [selfSigned("self"), selfSigned("other")];
    const text = `admin: { host: 127.0.0.1, port: 0, tls: { cert: ${self.cert}, key: ${self.key} } }\n${HELLO}`;
    await using own = await startGateway(text);
    const asWritten = (cert: string, key: string) =>
      text.replace("port: 0", `port: ${own.adminPort}`).replace(self.cert, cert).replace(self.key, key);
    folder.write("self.yaml", asWritten(self.cert, self.key));
    folder.write("other.yaml", asWritten(other.cert, other.key));
    expect(await runCli(folder.path, "ready", "--config", "self.yaml")).toEqual({ code: 0, out: "ready\n", err: "" });
    const refused = await runCli(folder.path, "ready", "--config", "other.yaml");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("is not trusted") });
  });
});

function selfSigned(name: string) {
  const [cert, key] = [`${folder.path}/${name}.pem`, `${folder.path}/${name}.key`];
  const made = Bun.spawnSync(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"].concat(
      ["-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=gw"],
      ["-addext", "subjectAltName=DNS:gw.internal"],
    ),
  );
  if (!made.success) throw new Error(`openssl could not make a certificate: ${made.stderr}`);
  return { cert, key };
}
