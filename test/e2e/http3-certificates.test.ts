import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { tempFolder } from "../support/temp.ts";
import { type Certificates, makeCertificates } from "../support/tls.ts";

const folder = tempFolder();
let first: Certificates;
let second: Certificates;
let gateway: InProcessGateway;

function certificatesFor(name: string, names: readonly string[]): Certificates {
  const path = join(folder.path, name);
  mkdirSync(path);
  return makeCertificates(path, { names });
}

beforeAll(async () => {
  first = certificatesFor("first", ["DNS:other.example", "IP:127.0.0.1"]);
  second = certificatesFor("second", ["DNS:localhost", "DNS:*.localhost"]);
  const { server } = second;
  gateway = await startInProcess(`
listen:
  host: "::"
  port: 0
  tls:
    cert: ${first.server.certFile}
    key: ${first.server.keyFile}
    certificates: [{ cert: ${server.certFile}, key: ${server.keyFile} }]
  http3: true
routes:
  - { path: /, plugins: { respond: { json: { ok: true } } } }
`);
});
afterAll(async () => {
  await gateway.stop();
  folder.remove();
});

/** The status over HTTP/3, or the error's code, for a client that trusts the authority of one certificate. */
async function ask(host: string, { ca }: Certificates): Promise<string> {
  // Bun's client takes authorities for HTTP/3 from the environment alone.
  const script = `fetch("https://${host}:${gateway.port}/", { protocol: "http3" })
    .then((response) => console.log(response.status), (error) => console.log(error.code))`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    env: { ...Bun.env, NODE_EXTRA_CA_CERTS: ca.certFile },
    stderr: "ignore",
  });
  return (await new Response(child.stdout).text()).trim();
}

test("a client of HTTP/3 is shown the certificate of the name that it asks for", async () => {
  expect(await ask("localhost", second)).toBe("200");
  expect(await ask("localhost", first)).not.toBe("200");
});

test("and the default one where no other is for the name", async () => {
  expect(await ask("127.0.0.1", first)).toBe("200");
  expect(await ask("127.0.0.1", second)).not.toBe("200");
});
