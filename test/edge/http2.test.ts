import { afterAll, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import type { EdgeHandler } from "../../src/edge/edge.ts";
import { Http2Server } from "../../src/edge/http2.ts";
import { wireSettings } from "../../src/edge/wire-settings.ts";
import { Reply } from "../../src/message/reply.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { exchangeHttp2 } from "../support/http2.ts";
import { tempFolder } from "../support/temp.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

test("nobody but the listener is answered on the port behind it", async () => {
  let asked = 0;
  const answer = () => {
    asked++;
    return new Reply(200);
  };
  const handler: EdgeHandler = { handle: answer, fail: answer, refuse: answer, finish: () => {} };
  const file = folder.write("gateway.yaml", "routes: [{ path: /, plugins: { respond: { status: 204 } } }]\n");
  const plugins = await createRegistry(new URL("../../plugins", import.meta.url).pathname);
  const loaded = await loadConfig(file, { env: {}, plugins });
  const [listen] = loaded.ok ? loaded.config.listen : [];
  if (listen === undefined) throw new Error("the configuration is not valid");
  const server = new Http2Server(wireSettings(listen), handler, () => {});
  try {
    const reply = await exchangeHttp2(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([reply.status, asked]).toEqual([403, 0]);
  } finally {
    await server.stop(true);
  }
});
