import { expect, test } from "bun:test";
import { loadConfig } from "../src/config/load.ts";
import type { EdgeHandler } from "../src/edge/edge.ts";
import type { GatewayError } from "../src/errors.ts";
import { Reply } from "../src/message/reply.ts";
import { createNullLogger } from "../src/observe/log.ts";
import { OpenEdges } from "../src/open-edges.ts";
import { createRegistry } from "../src/registry/registry.ts";
import { connect } from "./support/raw.ts";
import { tempFolder } from "./support/temp.ts";
import { until } from "./support/until.ts";

/** Takes requests and answers none. */
function silent() {
  let requests = 0;
  const handler: EdgeHandler = {
    handle: () => {
      requests++;
      return new Promise<Reply>(() => {});
    },
    fail: () => new Reply(500),
    finish: () => {},
    refuse: (error: GatewayError) => new Reply(error.status),
  };
  return { handler, requests: () => requests };
}

async function listen(text: string) {
  using folder = tempFolder();
  const file = folder.write("gateway.yaml", `listen: ${text}\nroutes: [{ path: /*, plugins: { respond: {} } }]\n`);
  const plugins = await createRegistry(new URL("../plugins", import.meta.url).pathname);
  const loaded = await loadConfig(file, { env: {}, plugins });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.listen;
}

test("a stop cuts what drains already when its own time is over", async () => {
  const { handler, requests } = silent();
  const edges = new OpenEdges(handler, { log: createNullLogger() });
  edges.prepare(await listen("{ host: 127.0.0.1, port: 0, timeouts: { drain: 1h } }"))();
  using client = await connect(edges.edges[0]?.port ?? 0);
  void client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => requests() === 1);
  edges.prepare([])();
  expect(edges.edges).toEqual([]);
  await edges.stop(0);
  await until(() => client.isClosed);
});
