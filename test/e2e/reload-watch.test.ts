import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { isTakenOver, rewrite } from "../support/reload.ts";
import { until } from "../support/until.ts";

const yaml = (path: string) => `reload: manual\nroutes: [{ path: ${path}, plugins: { respond: {} } }]\n`;

test("--watch takes over a changed file also with reload: manual", async () => {
  await using gateway = await startGateway(yaml("/a"), { args: ["--watch"] });
  for (const path of ["/b", "/c"]) {
    await rewrite(gateway, yaml(path));
    const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    await until(async () => (await exchange(gateway.port, request)).status === 200);
  }
  await until(() => gateway.logs.filter(isTakenOver).length === 2);
  expect(gateway.logs.filter(isTakenOver).map(({ by }) => by)).toEqual(["file", "file"]);
}, 60_000);
