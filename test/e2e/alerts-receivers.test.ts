import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { metricsOf } from "../support/metrics.ts";
import { until } from "../support/until.ts";
import { messages, startWebhook, type Webhook } from "../support/webhook.ts";

// A service without a target that can be reached, and routes that lead to it.
const yaml = (webhooks: string) => `
alerts:
  instance: gw-1
  group-wait: 1s
  group-interval: 200ms
  webhooks: [${webhooks}]
  rules:
    - { name: targets, kind: state, of: target, for: 1s, hold: 1s }
    - name: errors
      kind: errors
      objective: 99%
      min-requests: 5
      min-failures: 5
      for: 8s
      windows: [{ burn: 5, long: 20s, short: 2s, severity: critical }]
services:
  shop: { targets: ["http://127.0.0.1:1"] }
routes:
${Array.from({ length: 6 }, (_, i) => `  - { name: r${i}, path: /r${i}, service: shop }`).join("\n")}
`;

async function ask({ port }: GatewayProcess): Promise<void> {
  await Promise.all(Array.from({ length: 6 }, (_, i) => fetch(`http://127.0.0.1:${port}/r${i}`).then((r) => r.text())));
}

/** Keeps asking until the condition holds. */
async function askUntil(gateway: GatewayProcess, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until(
    async () => {
      await ask(gateway);
      return await condition();
    },
    { timeout: 25_000, what: "asking has led to it" },
  );
}

async function results(gateway: GatewayProcess, webhook: string, result: string): Promise<number> {
  return (await metricsOf(gateway)).value("sluice_alerts_notifications_total", { webhook, result }) ?? 0;
}

describe("a service that is down", () => {
  let webhook: Webhook;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    webhook = startWebhook();
    gateway = await startGateway(yaml(`{ url: "${webhook.url}" }`));
  });
  afterAll(async () => {
    await gateway.kill();
    await webhook.stop();
  });

  test("is one alert in one message, although all of its routes fail", async () => {
    await askUntil(gateway, async () => {
      const metrics = await metricsOf(gateway);
      return metrics.value("sluice_alerts_firing", { rule: "errors", severity: "critical" }) === 6;
    });
    expect(messages(webhook)).toMatchObject([
      {
        firing: 1,
        alerts: [
          { rule: "targets", severity: "critical", service: "shop", summary: "shop: 1 of 1 targets cannot be used" },
        ],
      },
    ]);
    const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/alerts`);
    const { alerts, rules } = (await response.json()) as {
      alerts: { route?: string; inhibitedBy?: string }[];
      rules: unknown;
    };
    const [first] = messages(webhook);
    expect(alerts.filter(({ route }) => route !== undefined).map(({ inhibitedBy }) => inhibitedBy)).toEqual(
      new Array(6).fill(first?.alerts[0]?.id),
    );
    expect(rules).toEqual([
      { name: "targets", kind: "state", firing: 1, pending: 0 },
      { name: "errors", kind: "errors", firing: 6, pending: 0 },
    ]);
  }, 60_000);
});

describe("a receiver", () => {
  test("that fails for a while gets the message later; the log has two lines of it", async () => {
    let isWell = false;
    await using webhook = startWebhook({ answer: () => new Response("x", { status: isWell ? 200 : 503 }) });
    await using gateway = await startGateway(yaml(`{ url: "${webhook.url}", name: ops }`));
    await askUntil(gateway, () => webhook.received.length >= 2);
    isWell = true;
    await askUntil(gateway, async () => (await results(gateway, "ops", "sent")) === 1);
    const ids = messages(webhook).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    await gateway.waitForLog(({ msg }) => msg === "alerts can be sent again");
    const lines = gateway.logs.filter(({ webhook: name }) => name === "ops");
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ["error", "alerts cannot be sent"],
      ["info", "alerts can be sent again"],
    ]);
    expect(lines[0]?.reason).toBe("status 503");
    expect(await results(gateway, "ops", "failed")).toBe(webhook.received.length - 1);
    expect(JSON.stringify(gateway.logs)).not.toContain("s3cret");
  }, 60_000);

  test("that is dead, slow, or sends elsewhere keeps none of the others from theirs", async () => {
    const never = Promise.withResolvers<Response>();
    await using well = startWebhook();
    await using slow = startWebhook({ answer: () => never.promise });
    await using elsewhere = startWebhook({
      answer: () => new Response(null, { status: 302, headers: { location: well.url } }),
    });
    await using gateway = await startGateway(
      yaml(`{ url: "http://127.0.0.1:1/s3cret", name: dead, give-up: 1s }, { url: "${slow.url}", name: slow, timeout: 200ms },
        { url: "${elsewhere.url}", name: elsewhere }, { url: "${well.url}", name: well }`),
    );
    await askUntil(gateway, async () => {
      const counts = await Promise.all([
        results(gateway, "dead", "given-up"),
        results(gateway, "slow", "failed"),
        results(gateway, "elsewhere", "refused"),
        results(gateway, "well", "sent"),
      ]);
      return counts.every((count) => count > 0);
    });
    expect(well.received).toHaveLength(1);
    for (const name of ["dead", "elsewhere", "slow"]) await gateway.waitForLog(({ webhook }) => webhook === name);
    const failed = gateway.logs.filter(({ msg }) => msg === "alerts cannot be sent").map(({ webhook }) => webhook);
    expect(failed.sort()).toEqual(["dead", "elsewhere", "slow"]);
    // What is under way when the gateway stops does not hold it up.
    const before = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(8_000);
    never.resolve(new Response());
  }, 60_000);

  test("that is dead for longer than a message is tried is told anew what is the case when it is back", async () => {
    const first = startWebhook();
    const { port } = first;
    await first.stop();
    await using gateway = await startGateway(yaml(`{ url: "http://localhost:${port}/hook", name: ops, give-up: 1s }`));
    await askUntil(gateway, async () => (await results(gateway, "ops", "given-up")) >= 1);
    await using back = startWebhook({ port });
    await askUntil(gateway, () => back.received.length > 0);
    expect(messages(back)[0]?.alerts).toMatchObject([{ rule: "targets", status: "firing" }]);
  }, 60_000);
});

test("a gateway with workers watches them all, and sends one message", async () => {
  await using webhook = startWebhook();
  const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2 }";
  await using gateway = await startGateway(`${listen}\n${yaml(`{ url: "${webhook.url}" }`)}`, { timeout: 30_000 });
  await askUntil(gateway, () => webhook.received.length > 0);
  expect(messages(webhook)[0]?.alerts).toMatchObject([{ rule: "targets", service: "shop" }]);
  await askUntil(gateway, async () => {
    const metrics = await metricsOf(gateway);
    return metrics.value("sluice_alerts_firing", { rule: "errors", severity: "critical" }) === 6;
  });
  expect(webhook.received).toHaveLength(1);
}, 60_000);
