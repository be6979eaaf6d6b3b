import { expect, test } from "bun:test";
import { type MessageInput, MOST_IN_MESSAGE, messageOf } from "../../../src/alerts/notify/message.ts";
import { slackMessage } from "../../../src/alerts/notify/slack.ts";
import { firing, START } from "../setup.ts";

const input = (rest: Partial<MessageInput>): MessageInput => ({
  instance: "gw",
  at: START + 60_000,
  alerts: [],
  firing: 0,
  isRepeat: false,
  servicesOf: new Map([["cart", ["shop"]]]),
  ...rest,
});

test("a message has the critical alerts first and the resolved ones last", () => {
  const over = firing({ route: "over" }, { severity: "critical" });
  over.resolve(START + 30_000);
  const alerts = [over, firing({ route: "cart" }), firing({ service: "shop" }, { severity: "critical" })];
  const message = messageOf(input({ alerts, firing: 2 }));
  expect(message).toMatchObject({ version: 1, instance: "gw", status: "firing", firing: 2, leftOut: 0 });
  expect(message.alerts).toMatchObject([
    { service: "shop", status: "firing", severity: "critical", since: "2026-01-05T00:00:00.000Z" },
    { route: "cart", services: ["shop"], status: "firing", severity: "warning" },
    { route: "over", status: "resolved", resolvedAt: "2026-01-05T00:00:30.000Z" },
  ]);
});

test("a message is bounded, and says what is left out", () => {
  const alerts = Array.from({ length: MOST_IN_MESSAGE + 7 }, (_, i) => firing({ route: `r${i}` }));
  const message = messageOf(input({ alerts, firing: alerts.length }));
  expect(message.alerts).toHaveLength(MOST_IN_MESSAGE);
  expect(message.leftOut).toBe(7);
  const slack = slackMessage(message);
  expect(slack.attachments).toHaveLength(20);
  expect(slack.text).toBe("*gw*: 57 firing (37 not shown)");
});

test("Slack gets a line for each alert, with a color", () => {
  const over = firing({ route: "over" });
  over.resolve(START + 30_000);
  const alerts = [firing({ route: "a" }, { severity: "critical" }), firing({ route: "b" }), over];
  const { text, attachments } = slackMessage(messageOf(input({ alerts, firing: 2 })));
  expect(text).toBe("*gw*: 2 firing, 1 resolved");
  expect(attachments.map(({ text, color }) => [text, color])).toEqual([
    ["*[critical] mine*: it is so", "#c62828"],
    ["*[warning] mine*: it is so", "#f9a825"],
    ["*[resolved] mine*: it is so", "#2e7d32"],
  ]);
  expect(attachments[0]).toMatchObject({ ts: START / 1_000, footer: alerts[0]?.id ?? "", mrkdwn_in: ["text"] });
});

test("no name of a route can mention a channel or make a link", () => {
  const alert = firing({ route: "x" });
  alert.see(
    { subject: { route: "x" }, severity: "warning", value: 1, threshold: 1, summary: "<!channel> & <http://a|b>" },
    START,
  );
  const text = JSON.stringify(slackMessage(messageOf(input({ instance: "<!here>", alerts: [alert], firing: 1 }))));
  expect(text).not.toMatch(/<[!h]/);
  expect(text).toContain("&lt;!channel&gt; &amp; &lt;http://a|b&gt;");
});

test("a repeated message says so", () => {
  const { text } = slackMessage(messageOf(input({ alerts: [firing({ route: "a" })], firing: 1, isRepeat: true })));
  expect(text).toBe("*gw*: 1 still firing");
});
