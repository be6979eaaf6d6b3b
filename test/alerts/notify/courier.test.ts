import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Alert } from "../../../src/alerts/alert.ts";
import { Courier } from "../../../src/alerts/notify/courier.ts";
import type { WebhookConfig } from "../../../src/config/schema-alerts.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import { tempFolder } from "../../support/temp.ts";
import { makeCertificates } from "../../support/tls.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { messages, startWebhook } from "../../support/webhook.ts";
import { firing, START } from "../setup.ts";

function start(webhook: Partial<WebhookConfig> & { readonly url: string }) {
  const { log, logs } = createTestLasting();
  const counted: string[] = [];
  const courier = new Courier({
    name: "ops",
    webhook: {
      format: "json",
      headers: {},
      severity: "warning",
      resolved: true,
      timeout: 20_000,
      "give-up": 100,
      ...webhook,
    },
    instance: "gw",
    timing: { groupWaitMs: 0, groupIntervalMs: 0, repeatMs: 3_600_000 },
    log,
    count: (_, result) => counted.push(result),
  });
  const tick = (alerts: readonly Alert[], seconds = 0) => courier.tick(alerts, START + seconds * 1_000, new Map());
  return { courier, tick, counted, logs };
}

describe("a receiver is told", () => {
  test("of alerts that fire, and are neither silenced nor told by another", async () => {
    await using webhook = startWebhook();
    const { tick } = start(webhook);
    const [told, silenced, inhibited] = [firing({ route: "a" }), firing({ route: "b" }), firing({ route: "c" })];
    silenced.silencedBy = "x";
    inhibited.inhibitedBy = told.id;
    tick([told, silenced, inhibited]);
    await webhook.waitFor(1);
    expect(messages(webhook)[0]?.alerts.map(({ route }) => route)).toEqual(["a"]);
  });

  test("of critical ones alone if it wants no others", async () => {
    await using webhook = startWebhook();
    const { tick } = start({ url: webhook.url, severity: "critical" });
    tick([firing({ route: "a" }), firing({ route: "b" }, { severity: "critical" })]);
    await webhook.waitFor(1);
    expect(messages(webhook)[0]?.alerts.map(({ route }) => route)).toEqual(["b"]);
  });

  test("one message at a time: what comes meanwhile is in the next", async () => {
    const held = Promise.withResolvers<Response>();
    await using webhook = startWebhook({ answer: () => held.promise });
    const { tick, counted } = start(webhook);
    const [a, b] = [firing({ route: "a" }), firing({ route: "b" })];
    tick([a]);
    await webhook.waitFor(1);
    tick([a, b], 1);
    tick([a, b], 2);
    held.resolve(new Response());
    await until(() => counted.length === 1);
    expect(webhook.received).toHaveLength(1);
    await until(() => {
      tick([a, b], 3);
      return webhook.received.length === 2;
    });
    expect(messages(webhook)[1]?.alerts.map(({ route }) => route)).toEqual(["b"]);
  });
});

test("its own authorities are read for each message; without them the log says why", async () => {
  using folder = tempFolder();
  const { ca, server } = makeCertificates(folder.path);
  await using webhook = startWebhook({ tls: server });
  const { tick, counted, logs } = start({ url: webhook.url, ca: ca.certFile });
  rmSync(ca.certFile);
  tick([firing({ route: "a" })]);
  await until(() => counted.includes("given-up"));
  expect(JSON.stringify(logs)).toContain("the file of authorities cannot be read");
  folder.write("ca.pem", ca.cert);
  await until(() => {
    tick([firing({ route: "a" })], 60);
    return webhook.received.length === 1;
  });
  await until(() => counted.at(-1) === "sent");
});

test("what is under way is ended by a stop, and nothing is sent after it", async () => {
  const never = Promise.withResolvers<Response>();
  await using webhook = startWebhook({ answer: () => never.promise });
  const { tick, courier, counted, logs } = start(webhook);
  tick([firing({ route: "a" })]);
  await webhook.waitFor(1);
  courier.close();
  tick([firing({ route: "b" })], 60);
  await turns();
  expect(webhook.received).toHaveLength(1);
  expect(counted).toEqual([]);
  expect(logs).toEqual([]);
  never.resolve(new Response());
});
