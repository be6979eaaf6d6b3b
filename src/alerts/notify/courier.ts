import { readFile } from "node:fs/promises";
import type { WebhookConfig } from "../../config/schema-alerts.ts";
import type { Logger } from "../../observe/logger.ts";
import type { Alert } from "../alert.ts";
import type { ServicesOf } from "../inhibit.ts";
import { deliver } from "./deliver.ts";
import { messageOf } from "./message.ts";
import { Outbox, type OutboxTiming, type Parcel } from "./outbox.ts";
import { type Post, type Posted, post } from "./post.ts";
import { slackMessage } from "./slack.ts";

/** What became of an attempt to send, as it is counted. */
export type NotificationResult = Posted["result"] | "given-up";

export interface CourierOptions {
  readonly name: string;
  readonly webhook: WebhookConfig;
  readonly instance: string;
  readonly timing: Omit<OutboxTiming, "tellsResolved">;
  readonly log: Logger;
  count(webhook: string, result: NotificationResult): void;
}

/** Brings messages to one receiver, one at a time. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #outbox: Outbox;
  readonly #abort = new AbortController();
  #isSending = false;
  /** Failed attempts in a row. */
  #failures = 0;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#outbox = new Outbox({ ...options.timing, tellsResolved: options.webhook.resolved });
  }

  /** Looks whether there is something to tell, and sends it. */
  tick(alerts: readonly Alert[], at: number, servicesOf: ServicesOf): void {
    if (this.#isSending || this.#abort.signal.aborted) return;
    const { severity } = this.#options.webhook;
    const firing = alerts.filter(
      (alert) =>
        alert.state === "firing" &&
        alert.inhibitedBy === undefined &&
        alert.silencedBy === undefined &&
        (severity === "warning" || alert.severity === "critical"),
    );
    const parcel = this.#outbox.due(firing, at);
    if (parcel === undefined) return;
    this.#outbox.sending(at);
    this.#isSending = true;
    void this.#send(parcel, at, servicesOf).finally(() => {
      this.#isSending = false;
    });
  }

  /** Ends what is under way; nothing is sent any more. */
  close(): void {
    this.#abort.abort();
  }

  async #send(parcel: Parcel, at: number, servicesOf: ServicesOf): Promise<void> {
    const { webhook, instance, name, count } = this.#options;
    const { firing, isRepeat } = parcel;
    const alerts = parcel.entries.map(({ alert }) => alert);
    const message = messageOf({ instance, at, alerts, firing, isRepeat, servicesOf });
    const body = JSON.stringify(webhook.format === "slack" ? slackMessage(message) : message);
    const { url, headers, timeout: timeoutMs } = webhook;
    const isSent = await deliver({
      message: { url, headers, body, timeoutMs, ca: undefined },
      giveUpMs: webhook["give-up"],
      signal: this.#abort.signal,
      post: (attempt) => this.#post(attempt),
      random: Math.random,
      now: () => performance.now(),
      onAttempt: (posted) => this.#note(posted),
    });
    if (isSent) this.#outbox.sent(parcel);
    else if (!this.#abort.signal.aborted) count(name, "given-up");
  }

  /** The file of authorities is read each time: one that was renewed holds without a reload. */
  async #post(attempt: Post): Promise<Posted> {
    const { ca: file } = this.#options.webhook;
    if (file === undefined) return post(attempt);
    try {
      return await post({ ...attempt, ca: await readFile(file, "utf8") });
    } catch {
      return { result: "failed", reason: "the file of authorities cannot be read" };
    }
  }

  /** The log has one line when sending begins to fail, and one when it works again. */
  #note(posted: Posted): void {
    const { log, name, count } = this.#options;
    count(name, posted.result);
    if (posted.result === "sent") {
      if (this.#failures > 0) log.info("alerts can be sent again", { webhook: name, failures: this.#failures });
      this.#failures = 0;
      return;
    }
    this.#failures++;
    if (this.#failures === 1) log.error("alerts cannot be sent", { webhook: name, reason: posted.reason });
  }
}
