import { afterAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { openWebSocket, startEcho } from "../support/websocket.ts";

const a = startUpstream(replies(response("a")));
const b = startUpstream(replies(response("b")));
afterAll(() => {
  a.stop();
  b.stop();
});

/** A service, its route and what else there is. */
function yaml(service: string, more = "", route = ""): string {
  return `services: { s: { ${service} } ${more} }\nroutes: [{ path: /*, service: s, upgrade: [websocket] ${route} }]\n`;
}

const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

async function get({ port }: InProcessGateway, request = GET): Promise<string> {
  using client = await connect(port);
  const { status, body } = await client.exchange(request);
  return status === 200 ? body.toString() : String(status);
}

function target({ gateway }: InProcessGateway, index = 0, service = "s") {
  return gateway.snapshot.services.get(service)?.targets[index];
}

describe("a service", () => {
  test("that has not changed keeps its targets and their connections; another route is there", async () => {
    await using gateway = await startInProcess(yaml(`targets: ["${a.url}"]`));
    expect(await get(gateway)).toBe("a");
    const before = target(gateway);
    await gateway.reload(yaml(`targets: ["${a.url}"]`, `, t: { targets: ["${b.url}"] }`, "}, { path: /t, service: t"));
    expect(await get(gateway)).toBe("a");
    expect(await get(gateway, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("b");
    expect(target(gateway)).toBe(before);
    expect(before?.stats).toMatchObject({ created: 1, reused: 1 });
  });

  test("takes other weights, and balances by them, with the targets that it has", async () => {
    const both = (weight: number) => yaml(`targets: [{ url: "${a.url}", weight: ${weight} }, "${b.url}"]`);
    await using gateway = await startInProcess(both(1));
    const [first, second] = [target(gateway, 0), target(gateway, 1)];
    await gateway.reload(both(0));
    expect(await Promise.all(Array.from({ length: 6 }, () => get(gateway)))).toEqual(Array(6).fill("b"));
    await gateway.reload(both(1_000));
    expect(await Promise.all(Array.from({ length: 6 }, () => get(gateway)))).toEqual(Array(6).fill("a"));
    expect([target(gateway, 0), target(gateway, 1)]).toEqual([first, second]);
  });

  test("with another limit of its pool has it from then on, and what is under way ends as it began", async () => {
    const finish = Promise.withResolvers<void>();
    using slow = startUpstream(async (_, connection) => {
      await finish.promise;
      await connection.send(response("late"));
    });
    const limited = (most: number) =>
      yaml(`targets: ["${slow.url}"], pool: { max-connections: ${most}, max-pending: 0 }`);
    await using gateway = await startInProcess(limited(1));
    const first = get(gateway);
    await slow.waitForRequests(1);
    expect(await get(gateway)).toBe("503");
    await gateway.reload(limited(3));
    const others = Promise.all([get(gateway), get(gateway)]);
    await slow.waitForRequests(3);
    finish.resolve();
    expect(await first).toBe("late");
    expect(await others).toEqual(["late", "late"]);
    // The connection of the target before, which nobody needs any more, is closed.
    await until(() => slow.open === 2);
  });

  test("that is gone finishes its requests, and closes its connections", async () => {
    const finish = Promise.withResolvers<void>();
    using slow = startUpstream(async (_, connection) => {
      await finish.promise;
      await connection.send(response("late"));
    });
    await using gateway = await startInProcess(yaml(`targets: ["${slow.url}"]`));
    const pending = get(gateway);
    await slow.waitForRequests(1);
    await gateway.reload("services: {}\nroutes: []\n");
    expect(await get(gateway)).toBe("404");
    finish.resolve();
    expect(await pending).toBe("late");
    await slow.waitForClosed();
  });

  test("keeps what is known of a target's health, also where its other settings change", async () => {
    using ill = startUpstream(replies(response("ill", { status: 500 })));
    const checked = (idle: number) =>
      yaml(
        `targets: ["${ill.url}", "${b.url}"], pool: { max-idle: ${idle} }, health: { interval: 1h, failing-interval: 1h }`,
      );
    await using gateway = await startInProcess(checked(1));
    await until(() => target(gateway)?.health.isUsable === false);
    const before = target(gateway);
    await gateway.reload(checked(2));
    expect(target(gateway)).not.toBe(before);
    expect(target(gateway)?.health.isUsable).toBe(false);
    await gateway.reload(yaml(`targets: ["${ill.url}", "${b.url}"]`));
    expect(target(gateway)?.health.isUsable).toBe(true);
  });

  test("that begins to discover keeps its targets until the source answers", async () => {
    await using gateway = await startInProcess(yaml(`targets: ["${a.url}"]`));
    const before = target(gateway);
    // Nobody listens there.
    await gateway.reload(yaml(`discover: { consul: { url: "http://127.0.0.1:9", service: users } }`));
    expect(await get(gateway)).toBe("a");
    expect(target(gateway)).toBe(before);
  });
});

describe("a WebSocket", () => {
  test("stays open when its route is unchanged, changed, or gone", async () => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(`targets: ["${echo.url}"]`));
    const socket = await openWebSocket(gateway.port);
    const says = async (text: string) => {
      const heard = new Promise((resolve) =>
        socket.addEventListener("message", ({ data }) => resolve(data), { once: true }),
      );
      socket.send(text);
      return heard;
    };
    expect(await says("1")).toBe("1");
    await gateway.reload(yaml(`targets: ["${echo.url}"]`));
    expect(await says("2")).toBe("2");
    await gateway.reload(yaml(`targets: ["${echo.url}"], pool: { max-idle: 1 }`));
    expect(await says("3")).toBe("3");
    await gateway.reload("services: {}\nroutes: []\n");
    expect(await says("4")).toBe("4");
    expect(echo.closes).toEqual([]);
    socket.close();
    await echo.waitForCloses(1);
  });
});
