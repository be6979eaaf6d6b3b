import type { Message, MessageAlert } from "./message.ts";

/** Attachments of a message: more than 20 Slack advises against, and who is to read them? */
const MOST_ATTACHMENTS = 20;
/** Characters of a summary; Slack cuts far later. */
const LONGEST_TEXT = 1_000;
const COLORS = { critical: "#c62828", warning: "#f9a825", resolved: "#2e7d32" };

/**
 * A message for an incoming webhook of Slack.
 *
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/
 * @see https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments/
 */
export function slackMessage(message: Message) {
  const { alerts, leftOut } = message;
  const shown = alerts.slice(0, MOST_ATTACHMENTS);
  const more = alerts.length - shown.length + leftOut;
  return {
    text: `${headline(message)}${more === 0 ? "" : ` (${more} not shown)`}`,
    attachments: shown.map(attachment),
  };
}

function headline({ instance, alerts, leftOut, isRepeat }: Message): string {
  const firing = alerts.filter(({ status }) => status === "firing").length;
  const resolved = alerts.length - firing;
  const counts = [
    ...(firing === 0 ? [] : [`${firing + leftOut} ${isRepeat ? "still firing" : "firing"}`]),
    ...(resolved === 0 ? [] : [`${firing === 0 ? resolved + leftOut : resolved} resolved`]),
  ];
  return `*${escaped(instance)}*: ${counts.join(", ")}`;
}

function attachment({ status, severity, rule, summary, since, id }: MessageAlert) {
  const isCritical = severity === "critical";
  const color = status === "resolved" ? COLORS.resolved : isCritical ? COLORS.critical : COLORS.warning;
  const word = status === "resolved" ? "resolved" : severity;
  const text = `*[${word}] ${escaped(rule)}*: ${escaped(summary.slice(0, LONGEST_TEXT))}`;
  return {
    color,
    fallback: `[${word}] ${escaped(rule)}: ${escaped(summary.slice(0, LONGEST_TEXT))}`,
    text,
    mrkdwn_in: ["text"],
    footer: id,
    ts: Math.floor(Date.parse(since) / 1_000),
  };
}

/** What Slack takes for markup, so that no name of a route can mention a channel. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
