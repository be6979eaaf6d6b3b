import { afterAll, describe, expect, test } from "bun:test";
import { createKey } from "../../src/identity/api-key/key-text.ts";
import { RSA, rsaToken } from "../plugins/jwt/tokens.ts";
import { requirementNames, testDocument } from "../support/document.ts";
import { startInProcess } from "../support/in-process.ts";
import { replies } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { startUpstream } from "../support/upstream.ts";

const upstream = startUpstream(replies());
const folder = tempFolder();
afterAll(() => {
  upstream.stop();
  folder.remove();
});

const key = createKey();
const keys = folder.write("keys.yaml", `keys: [{ id: "${key.id}", hash: "sha256:${key.hash}" }]`);
const pem = folder.write("jwt.pem", RSA.pem);
const hash = await Bun.password.hash("right", { algorithm: "bcrypt", cost: 4 });

/** Each plugin, and a header that makes it content. */
const PLUGINS = {
  jwt: { options: `public-key: "${pem}"`, header: ["authorization", `Bearer ${rsaToken()}`] },
  "basic-auth": { options: `users: { ada: "${hash}" }`, header: ["authorization", `Basic ${btoa("ada:right")}`] },
  "api-key": { options: `keys: "${keys}"`, header: ["x-api-key", key.text] },
} as const;
type Name = keyof typeof PLUGINS;
const NAMES = Object.keys(PLUGINS) as Name[];

/** For each plugin: not there, needed, or optional. */
const MODES = ["absent", "needed", "optional"] as const;
const combinations = NAMES.reduce<readonly (readonly (typeof MODES)[number][])[]>(
  (before, _) => before.flatMap((one) => MODES.map((mode) => [...one, mode])),
  [[]],
).flatMap((modes) => [false, true].map((hasAcl) => [modes, hasAcl] as const));

/** Each set of credentials that can be sent at once. */
const SETS = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  NAMES.filter((_, i) => (bits >> i) % 2 === 1),
).filter((set) => !(set.includes("jwt") && set.includes("basic-auth")));

describe.each(combinations)("with jwt, basic-auth and api-key %p, and acl %p,", (modes, hasAcl) => {
  test("who has what the document requires passes, and nobody else", async () => {
    const plugins = NAMES.flatMap((name, i) => {
      if (modes[i] === "absent") return [];
      return `${name}: { ${PLUGINS[name].options}, optional: ${modes[i] === "optional"} }`;
    });
    const yaml = `
services: { users: { targets: ["${upstream.url}"] } }
routes:
  - path: /users
    service: users
    plugins: { ${[...plugins, ...(hasAcl ? ["acl: {}"] : [])].join(", ")} }`;
    const { operation, document } = await testDocument(yaml);
    const requirements = requirementNames(operation("/users", "GET"));
    const isOpen = plugins.length === 0;
    expect(operation("/users", "GET").security === undefined).toBe(isOpen);
    expect(document.components).toMatchObject(isOpen ? {} : { securitySchemes: {} });

    await using gateway = await startInProcess(yaml);
    for (const set of SETS) {
      const headers = Object.fromEntries(set.map((name) => PLUGINS[name].header));
      const { status } = await fetch(`http://127.0.0.1:${gateway.port}/users`, { headers });
      const isEnough = requirements.some((one) => one.every((name) => set.includes(name as Name)));
      const says = isOpen ? !hasAcl : isEnough;
      expect([set, status]).toEqual([set, says ? 200 : 401]);
    }
  });
});

test("of a plugin's several places one is enough", async () => {
  const yaml = `
services: { users: { targets: ["${upstream.url}"] } }
routes:
  - path: /users
    service: users
    plugins: { jwt: { public-key: "${pem}", header: authorization, cookie: session, query: token } }`;
  const { operation, document } = await testDocument(yaml);
  expect(operation("/users", "GET").security).toEqual([{ jwt: [] }, { "jwt-cookie": [] }, { "jwt-query": [] }]);
  expect(document.components).toMatchObject({
    securitySchemes: {
      jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      "jwt-cookie": { type: "apiKey", in: "cookie", name: "session" },
      "jwt-query": { type: "apiKey", in: "query", name: "token" },
    },
  });
  await using gateway = await startInProcess(yaml);
  const url = `http://127.0.0.1:${gateway.port}/users`;
  const token = rsaToken();
  const statuses = [
    await fetch(url, { headers: { authorization: `Bearer ${token}` } }),
    await fetch(url, { headers: { cookie: `session=${token}` } }),
    await fetch(`${url}?token=${token}`),
    await fetch(`${url}?token=${token}`, { headers: { cookie: `session=${token}` } }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200, 400]);
});
