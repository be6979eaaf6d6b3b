import { describe, expect, test } from "bun:test";
import { documentOf, startDocumented, tagged } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { publishing, refresh, reportOf, untilStates } from "../support/published.ts";
import { connect } from "../support/raw.ts";
import { until } from "../support/until.ts";

const GET = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";

describe("several workers", () => {
  test("publish the same, and are all told to ask again", async () => {
    await using users = startDocumented("users");
    const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2 }\nplugins: { access-log: {} }";
    await using gateway = await startGateway(publishing({ users: users.url }, "refresh: 1h", listen));
    await untilStates(gateway, { users: "fresh" });
    expect(users.asked).toHaveLength(2);

    /** Documents of both workers, by their tags. */
    const tags = async () => {
      const found = new Set<string | undefined>();
      const from = gateway.logs.length;
      await until(
        async () => {
          using client = await connect(gateway.port);
          found.add((await client.exchange(GET)).header("etag"));
          const served = gateway.logs.slice(from).filter(({ msg }) => msg === "request");
          return new Set(served.map(({ worker }) => worker)).size === 2;
        },
        { what: "both workers have served" },
      );
      return [...found];
    };
    const before = await tags();
    expect(before).toHaveLength(1);
    users.answer = tagged({ ...documentOf("users"), paths: { "/users/new": { get: { responses: {} } } } }, '"v2"');
    expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    expect(users.asked).toHaveLength(4);
    const after = await tags();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  }, 60_000);

  test("tell what all of them have seen in traffic and is in no document", async () => {
    await using users = startDocumented("users");
    const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2 }\nplugins: { access-log: {} }";
    const yaml = publishing({ users: users.url }, "refresh: 1h", listen).replace(
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
