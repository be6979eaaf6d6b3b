import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { AlertView } from "../../src/admin/alerts.ts";
import { statusOf } from "../support/ask.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { reload, rewrite } from "../support/reload.ts";
import { response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { messages, startWebhook, type Webhook } from "../support/webhook.ts";
import { adminJson } from "../support/workers.ts";

const RULE = `kind: errors, objective: 99%, min-requests: 10, min-failures: 5, hold: 1s,
        windows: [{ burn: 10, long: 20s, short: 2s, severity: critical }]`;

let upstream: Upstream;
let webhook: Webhook;
let slack: Webhook;
let gateway: GatewayProcess;
let isFailing = false;

function yaml(rest = ""): string {
  return `
alerts:
  instance: gw-1
  group-wait: 0s
  group-interval: 100ms
  webhooks:
    - { url: "${webhook.url}", name: all, headers: { x-key: "hush-header" } }
    - { url: "${slack.url}", format: slack }
  rules:
    - reload
    - { name: shop-errors, ${RULE}, route: [shop, cart] }
  anomalies: { state: ./learned.json }
services:
  shop: { targets: ["${upstream.url}"] }
routes:
  - { name: shop, path: /shop, service: shop }
  - { name: cart, path: /cart, service: shop }
${rest}`;
}

beforeAll(async () => {
  upstream = startUpstream((_, connection) => connection.send(response("x", { status: isFailing ? 500 : 200 })));
  webhook = startWebhook();
  slack = startWebhook();
  gateway = await startGateway(yaml());
});

afterAll(async () => {
  await gateway.kill();
  upstream.stop();
  await Promise.all([webhook.stop(), slack.stop()]);
});

async function alerts(): Promise<readonly AlertView[]> {
  return (await adminJson<{ alerts: readonly AlertView[] }>(gateway, "/api/alerts")).alerts;
}

async function ask(count: number, path = "/shop"): Promise<void> {
  for (let i = 0; i < count; i++) await statusOf(gateway.port, path);
}

/** Resolves when all alerts are over, and that is told. */
async function isOver(): Promise<void> {
  await until(async () => (await alerts()).length === 0);
  await until(() => messages(webhook).at(-1)?.status === "resolved", { what: "the end is told" });
}

/** Keeps asking until the condition holds. */
async function askUntil(condition: () => boolean | Promise<boolean>, path = "/shop"): Promise<void> {
  await until(
    async () => {
      await ask(5, path);
      return await condition();
    },
    { timeout: 15_000, what: "asking has led to it" },
  );
}

describe("a service that fails", () => {
  test("raises an alert, and its end is told", async () => {
    await until(async () => {
      const counted = (await metricsOf(gateway)).value("sluice_alerts_notifications_total", {
        webhook: "webhook-2",
        result: "sent",
      });
      return counted === 0;
    });
    isFailing = true;
    await askUntil(() => webhook.received.length >= 1);
    const [first] = messages(webhook);
    expect(first).toMatchObject({ version: 1, instance: "gw-1", status: "firing", isRepeat: false, leftOut: 0 });
    expect(first?.alerts).toHaveLength(1);
    expect(first?.alerts[0]).toMatchObject({
      status: "firing",
      rule: "shop-errors",
      kind: "errors",
      severity: "critical",
      route: "shop",
      services: ["shop"],
      threshold: 10,
    });
    expect(first?.alerts[0]?.summary).toContain("100 % of the requests of the last 2 s failed; 1 % may");
    expect(webhook.received[0]?.headers.get("x-key")).toBe("hush-header");
    expect(webhook.received[0]?.headers.get("content-type")).toBe("application/json");
    const [alert] = await alerts();
    expect(alert).toMatchObject({ id: first?.alerts[0]?.id, rule: "shop-errors", state: "firing", route: "shop" });
    expect(
      (await metricsOf(gateway)).value("sluice_alerts_firing", { rule: "shop-errors", severity: "critical" }),
    ).toBe(1);
    isFailing = false;
    await webhook.waitFor(2);
    const [, second] = messages(webhook);
    expect(second).toMatchObject({ status: "resolved", firing: 0 });
    expect(second?.alerts[0]).toMatchObject({ id: first?.alerts[0]?.id, status: "resolved", rule: "shop-errors" });
    expect(await alerts()).toEqual([]);
    const metrics = await metricsOf(gateway);
    expect(metrics.value("sluice_alerts_firing", { rule: "shop-errors", severity: "critical" })).toBe(0);
    await untilMetric(gateway, "sluice_alerts_notifications_total", { webhook: "all", result: "sent" }, 2);
    await gateway.waitForLog(({ msg, rule }) => msg === "an alert fires" && rule === "shop-errors");
    await gateway.waitForLog(({ msg, rule }) => msg === "an alert is over" && rule === "shop-errors");
  }, 60_000);

  test("is told in Slack's form as well", async () => {
    const received = await slack.waitFor(2);
    const [first, second] = received.map(
      ({ body }) => body as { text: string; attachments: { text: string; color: string }[] },
    );
    expect(first?.text).toBe("*gw-1*: 1 firing");
    expect(first?.attachments[0]?.text).toStartWith("*[critical] shop-errors*: shop: 100 % of the requests");
    expect(second?.text).toBe("*gw-1*: 1 resolved");
    expect(second?.attachments[0]?.color).toBe("#2e7d32");
  });

  test("has what it knew after a reload that leaves the rule alone", async () => {
    isFailing = true;
    await askUntil(async () => (await alerts()).some(({ state }) => state === "firing"));
    const [before] = await alerts();
    await rewrite(gateway, yaml("  - { name: other, path: /other, service: shop }\n"));
    expect((await reload(gateway)).result).toBe("applied");
    await ask(1, "/other");
    const [after] = await alerts();
    expect(after).toMatchObject({ id: before?.id, since: before?.since, state: "firing" });
    isFailing = false;
    await isOver();
  }, 60_000);
});

describe("a silence", () => {
  const post = (body: unknown) =>
    fetch(`http://127.0.0.1:${gateway.adminPort}/api/alerts/silences`, { method: "POST", body: JSON.stringify(body) });

  test("keeps alerts that it fits from being told, until it ends", async () => {
    const made = await post({ for: "1h", reason: "a test", service: "shop" });
    expect(made.status).toBe(201);
    const { id, until: end } = (await made.json()) as { id: string; until: string };
    expect(Date.parse(end) - Date.now()).toBeWithin(3_590_000, 3_600_001);
    const before = webhook.received.length;
    isFailing = true;
    await askUntil(async () => (await alerts()).some(({ silencedBy }) => silencedBy === id), "/cart");
    expect(webhook.received.length).toBe(before);
    const ended = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/alerts/silences/${id}`, { method: "DELETE" });
    expect(ended.status).toBe(204);
    await askUntil(() => webhook.received.length > before, "/cart");
    expect(messages(webhook).at(-1)?.alerts[0]).toMatchObject({ route: "cart", status: "firing" });
    isFailing = false;
    await isOver();
  }, 60_000);

  test.each([
    [{ reason: "x" }, '"for"'],
    [{ for: "0s", reason: "x" }, '"for"'],
    [{ for: "31d", reason: "x" }, "30d at most"],
    [{ for: "1h" }, '"reason"'],
    [{ for: "1h", reason: "x", rout: "shop" }, 'Unknown key "rout"'],
    [{ for: "1h", reason: "x", route: 5 }, '"route"'],
    [{ for: "1h", reason: "x", route: "shp" }, 'There is no route "shp": did you mean "shop"?'],
    [{ for: "1h", reason: "x", rule: "shop-eror" }, 'did you mean "shop-errors"?'],
    [{ for: "1h", reason: "x", service: "nobody" }, 'There is no service "nobody"'],
    ["1h", "Expected {"],
  ])("is refused if it is asked for as %p", async (body, text) => {
    const refused = await post(body);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { detail: string }).detail).toContain(text);
  });

  test("that is not there cannot be ended", async () => {
    const ended = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/alerts/silences/x`, { method: "DELETE" });
    expect(ended.status).toBe(404);
  });
});

test("a configuration that is not taken over is an alert until one is", async () => {
  await rewrite(gateway, yaml("  - { path: /broken, service: nobody }\n"));
  expect((await reload(gateway)).result).toBe("failed");
  const isTold = () => alerts().then((all) => all.find(({ rule }) => rule === "reload"));
  const alert = await until(isTold);
  expect(alert).toMatchObject({ kind: "state", severity: "warning", state: "firing" });
  expect(alert.summary).toContain('expected the name of a service, found "nobody"');
  await rewrite(gateway, yaml("  - { name: other, path: /other, service: shop }\n"));
  expect((await reload(gateway)).result).toBe("applied");
}, 60_000);

test("rules that learn tell how far they are, and what they have learned is written at the stop", async () => {
  using folder = tempFolder();
  await using other = await startGateway(yaml(), { folder: folder.path });
  await statusOf(other.port, "/shop");
  type Rules = { rules: readonly { name: string; learning?: number; learned?: number }[] };
  const rule = async () =>
    (await adminJson<Rules>(other, "/api/alerts")).rules.find(({ name }) => name === "anomalies");
  await until(async () => (await rule())?.learning === 1, { timeout: 15_000, what: "the route is learned about" });
  expect((await rule())?.learned).toBe(0);
  expect(await other.stop()).toBe(0);
  const { rules } = JSON.parse(readFileSync(folder.file("learned.json"), "utf8"));
  expect(Object.keys(rules.anomalies.shop)).toEqual(["rate", "errors", "latency"]);
}, 60_000);

test("no secret of a webhook is in the log or on the admin port", async () => {
  const shown = JSON.stringify(await adminJson(gateway, "/api/config"));
  const text = `${shown}${JSON.stringify(gateway.logs)}${JSON.stringify(await adminJson(gateway, "/api/alerts"))}`;
  expect(text).not.toContain("s3cret");
  expect(text).not.toContain("hush-header");
});
