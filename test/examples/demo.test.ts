import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { TRIES } from "../../examples/shop/tries.ts";
import { until } from "../support/until.ts";

const DEMO = resolve(import.meta.dir, "../../examples/shop/demo.ts");
const FREE_PORTS = { PORT: "0", ADMIN_PORT: "0", USERS_PORT: "0", CATALOG_PORT: "0", ORDERS_PORT: "0" };

function startDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = Bun.spawn([process.execPath, DEMO, ...args], {
    env: { ...process.env, ...FREE_PORTS, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = { text: "" };
  const drain = async (source: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const piece of source) output.text += decoder.decode(piece, { stream: true });
  };
  const ended = Promise.all([drain(child.stdout), drain(child.stderr)]).then(() => child.exited);
  return { child, output, ended };
}

test("--once tries everything that the demo prints, and all of it works", async () => {
  const { output, ended } = startDemo(["--once"]);
  expect(await ended, output.text).toBe(0);
  expect(output.text.match(/^ok /gm), output.text).toHaveLength(TRIES.length);
}, 120_000);

test("the demo prints curls for the port it has, and ends with its gateway at a signal", async () => {
  const { child, output, ended } = startDemo([]);
  await until(() => output.text.includes("Ctrl-C"), { timeout: 45_000, what: () => `it is ready: ${output.text}` });
  const [, origin = "", admin = ""] = /^gateway: (\S+) \(admin: (\S+)\)/m.exec(output.text) ?? [];
  expect(output.text).toContain(`curl -i '${origin}/api/users'\n`);
  expect((await fetch(`${origin}/api/users/1`)).status).toBe(200);
  await until(() => output.text.includes('"/api/users/1"'), {
    what: () => `the gateway's log is shown: ${output.text}`,
  });
  child.kill("SIGINT");
  expect(await ended, output.text).toBe(0);
  for (const url of [origin, admin]) await expect(fetch(url)).rejects.toThrow("Unable to connect");
}, 120_000);

test("a port in use is told with the variable that chooses another", async () => {
  using taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { output, ended } = startDemo(["--once"], { CATALOG_PORT: String(taken.port) });
  expect(await ended).toBe(1);
  expect(output.text).toContain(`demo: catalog: port ${taken.port} is in use already; CATALOG_PORT chooses another`);
});

test("a gateway that cannot start ends the demo", async () => {
  using taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { output, ended } = startDemo(["--once"], { PORT: String(taken.port) });
  expect(await ended, output.text).toBe(1);
  expect(output.text).toContain("the gateway ended with code 1 before it was ready");
}, 120_000);

test("an unknown argument is refused", async () => {
  const { output, ended } = startDemo(["--twice"]);
  expect(await ended).toBe(2);
  expect(output.text).toContain("usage: bun run demo [--once]");
});
