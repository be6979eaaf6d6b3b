import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { tempFolder } from "../support/temp.ts";
import { type Certificates, makeCertificates } from "../support/tls.ts";
import { shownBy } from "../support/tls-client.ts";

const folders = [tempFolder(), tempFolder(), tempFolder()] as const;
const [main, shop, wild] = folders;
const certificates = {
  main: makeCertificates(main.path, { names: ["DNS:localhost", "DNS:main.test"] }),
  shop: makeCertificates(shop.path, { names: ["DNS:shop.test", "DNS:www.shop.test"] }),
  wild: makeCertificates(wild.path, { names: ["DNS:*.shop.test"] }),
};
const GET = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
let gateway: InProcessGateway;

const pair = ({ server }: Certificates) => `cert: ${server.certFile}, key: ${server.keyFile}`;
const fingerprint = ({ server }: Certificates) => new X509Certificate(server.cert).fingerprint256;
const listener = (extra = "") => {
  const more = `[{ ${pair(certificates.shop)} }, { ${pair(certificates.wild)}, names: ["*.shop.test", other.test] }]`;
  return `{ host: 127.0.0.1, port: 0, tls: { ${pair(certificates.main)}, certificates: ${more}${extra} } }`;
};

beforeAll(async () => {
  const clients = `, client-certificates: { ca: ${certificates.main.ca.certFile} }`;
  gateway = await startInProcess(`
listen:
  - ${listener()}
  - ${listener(clients)}
  - ${listener(', min-version: "1.3"')}
routes: [{ path: /, plugins: { respond: { status: 204 } } }]
`);
});
afterAll(async () => {
  await gateway.stop();
  for (const folder of folders) folder.remove();
});
const port = (index: number) => gateway.edges[index]?.port ?? 0;

describe("the certificate shown", () => {
  test.each([
    ["one of its names", "shop.test", "shop"],
    ["another of its names, which a wildcard takes as well", "www.shop.test", "shop"],
    ["a name in capitals", "SHOP.test", "shop"],
    ["a name under a wildcard", "api.shop.test", "wild"],
    ["a name two labels under a wildcard", "v1.api.shop.test", "main"],
    ["a name that the configuration adds", "other.test", "wild"],
    ["a name of the first one", "main.test", "main"],
    ["an unknown name", "unknown.test", "main"],
    ["no name", undefined, "main"],
  ] as const)("for %s", async (_, asked, expected) => {
    const shown = await shownBy(port(0), asked, { ALPNProtocols: ["h2", "http/1.1"] });
    expect(shown).toEqual({
      fingerprint: fingerprint(certificates[expected]),
      protocol: "http/1.1",
      version: "TLSv1.3",
    });
  });
});

test.each(["shop.test", "main.test"])(
  "a client may offer no other protocol, and no older version, for %s",
  async (name) => {
    expect(await shownBy(port(0), name, { ALPNProtocols: ["h2"] })).toBe("refused");
    expect(await shownBy(port(2), name, { maxVersion: "TLSv1.2" })).toBe("refused");
    expect(await shownBy(port(0), name, { maxVersion: "TLSv1.2" })).toMatchObject({ version: "TLSv1.2" });
  },
);

describe("client certificates are asked for whatever the name", () => {
  const { main: own, shop: stranger } = certificates;
  const ask = (serverName: string, authority: Certificates, client: Partial<Certificates["client"]>) => {
    const { cert, key } = client;
    const pairOf = cert === undefined || key === undefined ? {} : { cert, key };
    const tls = { ca: authority.ca.cert, serverName, ...pairOf };
    return exchange(port(1), GET, { tls }).then(
      ({ status }) => status,
      () => "closed",
    );
  };
  test.each([
    ["main.test", own],
    ["shop.test", stranger],
  ] as const)("%s", async (name, authority) => {
    expect(await ask(name, authority, own.client)).toBe(204);
    expect(await ask(name, authority, stranger.client)).toBe("closed");
    expect(await ask(name, authority, {})).toBe("closed");
  });
});

test("an edge tells the names and the end of its certificates", () => {
  const [first, second, third] = gateway.edges[0]?.certificates ?? [];
  expect(first).toMatchObject({ names: ["localhost", "main.test"] });
  expect(second?.notAfter).toBe(Date.parse(new X509Certificate(certificates.shop.server.cert).validTo));
  expect(third?.names).toEqual(["*.shop.test", "other.test"]);
});
