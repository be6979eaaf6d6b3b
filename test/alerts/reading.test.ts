import { expect, test } from "bun:test";
import { certificateReader } from "../../src/alerts/certificates.ts";
import { type ReadingSource, takeReading } from "../../src/alerts/reading.ts";
import { rulesOf } from "../../src/alerts/rule.ts";
import type { Config } from "../../src/config/schema.ts";
import { CORE } from "../../src/observe/metrics/core.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { ruleOf } from "./setup.ts";

function source(config: Partial<Config> = {}) {
  const asked: string[] = [];
  const families = [
    { ...CORE.worstLag, series: [{ labels: [], value: 0.25 }] },
    {
      ...CORE.residentMemory,
      series: [
        { labels: ["1"], value: 600 },
        { labels: ["2"], value: 400 },
      ],
    },
  ];
  const note = <T>(name: string, value: T): T => {
    asked.push(name);
    return value;
  };
  const reading: ReadingSource = {
    view: {
      services: () => note("services", []),
      store: () => note("store", { kind: "memory", state: "up", since: 0, calls: 0, failures: {}, inFlight: 0 }),
      metrics: () => note("metrics", families),
      workers: () => [],
    },
    config: () => config as Config,
    certificates: async () => note("certificates", [{ file: "a", notAfter: 1 }]),
    reloadFailure: () => "why",
  };
  return { reading, asked };
}

test("a reading asks for nothing that no rule needs", async () => {
  const { reading, asked } = source();
  const none = await takeReading(reading, [ruleOf({ kind: "errors" })]);
  expect(asked).toEqual([]);
  expect(none).toMatchObject({ services: [], store: undefined, loopLag: undefined, certificates: [] });
  await takeReading(reading, [ruleOf({ kind: "state", of: "store" })]);
  expect(asked).toEqual(["store"]);
});

test("a reading has all that the rules that are built in need", async () => {
  const { reading, asked } = source();
  const rules = rulesOf({ rules: ["default"] });
  expect(await takeReading(reading, rules)).toMatchObject({
    loopLag: 0.25,
    memory: 1_000,
    store: { state: "up" },
    certificates: [{ file: "a" }],
    reloadFailure: "why",
  });
  expect(asked).toEqual(["services", "store", "metrics", "certificates"]);
});

test("certificates are those of all ports, read again after a while", async () => {
  using folder = tempFolder();
  const { ca, server, client } = makeCertificates(folder.path, { days: 10 });
  const pair = (one: typeof server) => ({ cert: one.certFile, key: one.keyFile });
  const listen = [
    { tls: { ...pair(server), certificates: [pair(client)] } },
    { tls: { ...pair(server), certificates: [{ cert: folder.file("gone.pem"), key: "" }] } },
    {},
  ];
  let now = 0;
  const read = certificateReader(() => now);
  const config = { listen, admin: {} } as unknown as Config;
  const ends = await read(config);
  expect(ends.map(({ file }) => file)).toEqual([server.certFile, client.certFile]);
  expect(((ends[0]?.notAfter ?? 0) - Date.now()) / 86_400_000).toBeWithin(9.9, 10.1);
  folder.write("gone.pem", client.cert);
  expect(await read(config)).toHaveLength(2);
  now = 300_000;
  expect(await read(config)).toHaveLength(3);
  const admin = { tls: { ...pair(ca), certificates: [] } };
  expect((await read({ ...config, admin } as unknown as Config)).at(-1)?.file).toBe(ca.certFile);
});
