import { expect, test } from "bun:test";
import { ready } from "../../src/cli/ready.ts";
import { startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

const CONFIG = (port: number) => `admin: { port: ${port}, token: secret }\nlisten: { host: 127.0.0.1, port: 0 }\n`;

test("gateway ready is 0 while the gateway serves, 1 when it does not, 2 for what is not understood", async () => {
  await using gateway = await startGateway(CONFIG(freePort()));
  const ask = (...args: readonly string[]) => runCommand(ready, gateway.folder, args);
  expect(await ask()).toEqual({ exitCode: 0, out: "ready\n", err: "" });
  expect(await ask("--config", "gateway.yaml")).toMatchObject({ exitCode: 0 });
  expect(await ask("now")).toMatchObject({ exitCode: 2, err: expect.stringContaining("usage") });
  expect(await ask("--config", "not-there.yaml")).toMatchObject({ exitCode: 1, out: "" });
});

test("gateway ready is 1 where nobody listens", async () => {
  using folder = tempFolder();
  folder.write("gateway.yaml", CONFIG(freePort()));
  const done = await runCommand(ready, folder.path, []);
  expect(done).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("does not answer") });
});
