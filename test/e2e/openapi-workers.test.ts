import { describe, expect, test } from "bun:test";
import { documentOf, startDocumented, tagged } from "../support/documented.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { publishing, refresh, reportOf, untilStates } from "../support/published.ts";
import { connect } from "../support/raw.ts";
import { reload, rewrite } from "../support/reload.ts";
import { until } from "../support/until.ts";
import { replaceWorker, workersOf } from "../support/workers.ts";

const GET = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";

const LISTEN = "listen: { host: 127.0.0.1, port: 0, workers: 2 }\nplugins: { access-log: {} }";
const MERGED = "the documents of the services are merged";

/** The ETags under which the workers publish the document: of both. */
async function tagsOf(gateway: GatewayProcess): Promise<readonly (string | undefined)[]> {
  const found = new Set<string | undefined>();
  const from = gateway.logs.length;
  await until(
    async () => {
      using client = await connect(gateway.port);
      const reply = await client.exchange(GET);
      expect(reply.status).toBe(200);
      found.add(reply.header("etag"));
      const served = gateway.logs.slice(from).filter(({ msg }) => msg === "request");
      return new Set(served.map(({ worker }) => worker)).size === 2;
    },
    { what: "both workers have served" },
  );
  return [...found];
}

const mergersOf = ({ logs }: GatewayProcess) => logs.flatMap(({ msg, worker }) => (msg === MERGED ? [worker] : []));

const changed = () => tagged({ ...documentOf("users"), paths: { "/users/new": { get: { responses: {} } } } }, '"v2"');

describe("several workers", () => {
  test("publish the same, which one of them has asked for and merged, and are all up to date when told to ask again", async () => {
    await using users = startDocumented("users");
    await using gateway = await startGateway(publishing({ users: users.url }, "refresh: 1h", LISTEN));
    await untilStates(gateway, { users: "fresh" });
    const before = await tagsOf(gateway);
    expect(before).toHaveLength(1);
    expect(users.asked).toHaveLength(1);
    users.answer = changed();
    expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    expect(users.asked).toHaveLength(2);
    const after = await tagsOf(gateway);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(new Set(mergersOf(gateway)).size).toBe(1);
  }, 60_000);

  test("keep the last good document when the one that merges dies while the service is down, and another takes over", async () => {
    const users = startDocumented("users");
    // This one answers all the time, and has nothing new.
    await using orders = startDocumented("orders");
    await using gateway = await startGateway(
      publishing({ users: users.url, orders: orders.url }, "refresh: 1h", LISTEN),
    );
    await untilStates(gateway, { users: "fresh", orders: "fresh" });
    const before = await tagsOf(gateway);
    const merged = mergersOf(gateway);
    const first = merged.at(-1);
    await users.stop();
    const { pid } = (await workersOf(gateway)).find(({ worker }) => worker === first) ?? {};
    if (pid === undefined) throw new Error("nobody has merged");
    await replaceWorker(gateway, pid);
    await untilStates(gateway, { users: "stale", orders: "fresh" });
    expect(await tagsOf(gateway)).toEqual(before);
    expect(mergersOf(gateway)).toEqual(merged);

    await using again = startDocumented("users", { port: users.port, answer: changed() });
    expect((await refresh(gateway)).services.map(({ state }) => state)).toEqual(["fresh", "fresh"]);
    // What it has taken over, it knows by its ETag.
    expect(again.asked).toContain('"v1"');
    const after = await tagsOf(gateway);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(mergersOf(gateway).at(-1)).not.toBe(first);
  }, 60_000);

  test("publish by another configuration after a reload, merged once more by one of them", async () => {
    await using users = startDocumented("users");
    const yaml = publishing({ users: users.url }, "refresh: 1h", LISTEN);
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "fresh" });
    const before = await tagsOf(gateway);
    const merged = mergersOf(gateway);
    await rewrite(gateway, `${yaml}# nothing new\n`);
    expect((await reload(gateway)).result).toBe("applied");
    expect(await tagsOf(gateway)).toEqual(before);
    expect(mergersOf(gateway)).toEqual(merged);
    await rewrite(gateway, yaml.replaceAll("/api", "/v2"));
    expect((await reload(gateway)).result).toBe("applied");
    await untilStates(gateway, { users: "fresh" });
    await refresh(gateway);
    const after = await tagsOf(gateway);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(new Set(mergersOf(gateway)).size).toBe(1);
  }, 60_000);

  test("tell what all of them have seen in traffic and is in no document", async () => {
    await using users = startDocumented("users");
    const yaml = publishing({ users: users.url }, "refresh: 1h", LISTEN).replace(
      "service: users, strip",
      "service: users, plugins: { validate: {} }, strip",
    );
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "fresh" });
    // Then each of them has it.
    await refresh(gateway);
    let sent = 0;
    await until(
      async () => {
        using client = await connect(gateway.port);
        const { status } = await client.exchange("GET /api/users/nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(status).toBe(200);
        sent++;
        const { drift } = await reportOf(gateway);
        const served = gateway.logs.filter(({ msg, path }) => msg === "request" && path === "/api/users/nowhere");
        const [line] = drift.lines;
        return (
          new Set(served.map(({ worker }) => worker)).size === 2 &&
          line?.what === "GET /users/nowhere" &&
          line.count === sent
        );
      },
      { what: "both workers have seen it" },
    );
  }, 60_000);

  test("have no report without the section", async () => {
    const yaml =
      "listen: { host: 127.0.0.1, port: 0, workers: 2 }\nroutes: [{ path: /, plugins: { respond: { json: {} } } }]\n";
    await using gateway = await startGateway(yaml);
    expect((await fetch(`http://127.0.0.1:${gateway.adminPort}/api/openapi/report`)).status).toBe(404);
    expect(gateway.logs.some(({ msg }) => msg === "a worker does not answer: sums are without it")).toBe(false);
  });
});
