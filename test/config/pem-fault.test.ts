import { afterAll, expect, test } from "bun:test";
import { pemFault } from "../../src/config/pem-fault.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { briefs } from "./workspace.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const { ca, server, client } = makeCertificates(folder.path);
const text = folder.write("text.pem", "no PEM at all\n");

test("finds nothing in good files, nor in none", () => {
  expect(pemFault({})).toBeUndefined();
  expect(pemFault({ ca: ca.certFile })).toBeUndefined();
  expect(pemFault({ ca: ca.certFile, cert: client.certFile, key: client.keyFile })).toBeUndefined();
});

test("names the file that is no PEM", () => {
  expect(pemFault({ ca: text })?.key).toBe("ca");
  expect(pemFault({ cert: text, key: client.keyFile })?.key).toBe("cert");
  expect(pemFault({ cert: client.certFile, key: text })?.key).toBe("key");
});

test("finds authorities that are empty, or cut in the middle: TLS would take them", () => {
  for (const content of ["", `${ca.cert}${ca.cert.slice(0, 200)}`]) {
    expect(pemFault({ ca: folder.write("authorities.pem", content) })?.key).toBe("ca");
  }
});

test("finds a key that is another certificate's", () => {
  const fault = pemFault({ cert: client.certFile, key: server.keyFile });
  expect(fault).toEqual({ key: "key", message: "this key is not the certificate's" });
});

test("is asked about listeners, too", async () => {
  const listen = `listen: { tls: { cert: ${server.certFile}, key: ${client.keyFile} } }`;
  const problems = await briefs(`${listen}\nroutes: [{ path: /, plugins: { respond: { status: 204 } } }]\n`);
  expect(problems.join()).toContain("listen.tls.key: this key is not the certificate's");
});

test("is asked about the authorities of clients", async () => {
  const tls = `cert: ${server.certFile}, key: ${server.keyFile}, client-certificates: { ca: ${text} }`;
  const listen = `listen: { tls: { ${tls} } }`;
  const problems = await briefs(`${listen}\nroutes: [{ path: /, plugins: { respond: { status: 204 } } }]\n`);
  expect(problems.join()).toContain("listen.tls.client-certificates.ca: no PEM certificates are in this file");
});
