import { afterAll, expect, test } from "bun:test";
import { certificateFaults } from "../../src/config/check-certificates.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { briefs } from "./workspace.ts";

const folders = [tempFolder(), tempFolder(), tempFolder()] as const;
afterAll(() => {
  for (const folder of folders) folder.remove();
});
const main = makeCertificates(folders[0].path, { names: ["DNS:main.test"] });
const shop = makeCertificates(folders[1].path, { names: ["DNS:shop.test", "DNS:*.shop.test"] });
const address = makeCertificates(folders[2].path, { names: ["IP:127.0.0.1"] }).server;

const files = ({ certFile, keyFile }: typeof address) => `cert: ${certFile}, key: ${keyFile}`;
const problemsOf = async (...certificates: readonly string[]) => {
  const more = certificates.map((text) => `        - { ${text} }\n`).join("");
  const problems = await briefs(`
listen:
    tls:
      cert: ${main.server.certFile}
      key: ${main.server.keyFile}
      certificates:
${more}
routes: [{ path: /, plugins: { respond: { status: 204 } } }]
`);
  return problems.join("\n");
};

test("several certificates for different names are no mistake", async () => {
  expect(await problemsOf(files(shop.server), `${files(address)}, names: [local.test]`)).not.toContain(
    "tls.certificates[0]",
  );
});

test.each([
  ["a file that is not there", `cert: none.crt, key: ${shop.server.keyFile}`, "[0].cert:"],
  [
    "a key of another",
    `cert: ${shop.server.certFile}, key: ${main.server.keyFile}`,
    "[0].key: this key is not the certificate's",
  ],
  [
    "no PEM",
    `cert: ${shop.server.keyFile}, key: ${shop.server.keyFile}`,
    "[0].cert: no PEM certificate is in this file",
  ],
  [
    "no host name",
    files(address),
    "[0].cert: this certificate is made out to no host name (say which it is for: names)",
  ],
  [
    "a name of the first one",
    `${files(shop.server)}, names: [MAIN.test]`,
    "names: two certificates are for the name main.test: tls.cert is too",
  ],
  [
    "what is no name",
    `${files(shop.server)}, names: ["https://shop.test"]`,
    '[0].names[0]: expected a host name, found "https://shop.test"',
  ],
  [
    "a name that it is not made out to",
    `${files(shop.server)}, names: [a.shop.test, a.b.shop.test]`,
    "[0].names[1]: the certificate is not made out to a.b.shop.test",
  ],
  ["a misspelled key", `${files(shop.server)}, name: [a.test]`, "names"],
])("%s is told", async (_, text, expected) => {
  expect(await problemsOf(text)).toContain(expected);
});

test("of two certificates for one name the second is told, and where the first is", async () => {
  const told = await problemsOf(files(shop.server), `${files(shop.server)}, names: ["*.shop.test"]`);
  expect(told).toContain("[1].names: two certificates are for the name *.shop.test: certificates[0] is too");
});

test("a certificate that has expired, or is not valid yet, is a warning", () => {
  const tls = { cert: main.server.certFile, key: main.server.keyFile };
  const day = 86_400_000;
  const at = (nowMs: number) =>
    certificateFaults(tls, nowMs).map(({ keys, severity }) => `${severity} ${keys.join(".")}`);
  expect(at(Date.now())).toEqual([]);
  expect(at(Date.now() + 31 * day)).toEqual(["warning cert"]);
  expect(at(Date.now() - day)).toEqual(["warning cert"]);
});

test("an empty file, and one cut in the middle, is no certificate and no authority", () => {
  const empty = folders[0].write("empty.pem", "");
  const half = folders[0].write("half.pem", `${main.ca.cert}${main.ca.cert.slice(0, 200)}`);
  for (const cert of [empty, half]) {
    expect(certificateFaults({ cert, key: main.server.keyFile }, 0).map(({ keys }) => keys)).toEqual([["cert"]]);
  }
});
