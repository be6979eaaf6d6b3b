import { expect, setDefaultTimeout, test } from "bun:test";
import { canary } from "../../src/cli/canary.ts";
import { startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { runCommand } from "./run.ts";

setDefaultTimeout(20_000);

const config = (port: number) => `
admin: { port: ${port}, token: tUNq0vXw3Rk9sLd7 }
listen: { host: 127.0.0.1, port: 0 }
services: { old: { targets: ["http://127.0.0.1:9"] }, next: { targets: ["http://127.0.0.1:9"] } }
routes:
  - { name: shop, path: /*, service: old, canary: { service: next, steps: [5%, 50%], every: 1h } }
`;

test("gateway canary lists, promotes, pauses, resumes and aborts, and says what became of it", async () => {
  await using gateway = await startGateway(config(freePort()));
  const ask = (...args: readonly string[]) => runCommand(canary, gateway.folder, args);
  const line = (state: string) => ({ exitCode: 0, err: "", out: expect.stringContaining(`shop: next is ${state}`) });
  expect(await ask()).toEqual(line("running"));
  expect((await ask("list")).out).toMatch(/, 5 %, step 1 of 2, next step .*Z; 0 of 0 failed, 0 of 0 of old\n$/);
  expect(await ask("pause", "shop")).toEqual(line("paused"));
  expect(await ask("promote", "shop")).toEqual(line("promoted"));
  expect(await ask("abort", "shop")).toEqual(line("stopped: stopped by hand"));
  const refused = await ask("promote", "shop");
  expect(refused).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("the gateway answers 422") });
  expect(await ask("resume", "shop")).toEqual(line("running"));
  const { out } = await ask("--json");
  expect(JSON.parse(out)).toMatchObject({ canaries: [{ route: "shop", state: "running" }] });
  expect(await ask("abort", "shpo")).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('did you mean "shop"?'),
  });
});

test.each([
  [["promot", "shop"], 'did you mean "promote"?'],
  [["promote"], "of which route?"],
  [["list", "shop"], '"shop" is not understood'],
  [["abort", "shop", "now"], '"now" is not understood'],
  [["--fast"], "there is no flag --fast"],
])("gateway canary %p is not understood", async (args, why) => {
  const done = await runCommand(canary, ".", args);
  expect(done).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(why) });
});

test("gateway canary is 1 where nobody listens, or the file is not valid", async () => {
  await using gateway = await startGateway("routes: []\n");
  await Bun.write(`${gateway.folder}/other.yaml`, config(freePort()));
  const away = await runCommand(canary, gateway.folder, ["abort", "shop", "--config", "other.yaml"]);
  expect(away).toMatchObject({ exitCode: 1, err: expect.stringContaining("this may not have been done") });
  const missing = await runCommand(canary, gateway.folder, ["--config", "none.yaml"]);
  expect(missing).toMatchObject({ exitCode: 1, err: expect.stringContaining("is not valid") });
});
