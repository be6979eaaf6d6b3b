import { describe, expect, test } from "bun:test";
import type { Alert } from "../../../src/alerts/alert.ts";
import { Outbox, type OutboxTiming } from "../../../src/alerts/notify/outbox.ts";
import { finding, firing, START } from "../setup.ts";

const TIMING: OutboxTiming = { groupWaitMs: 15_000, groupIntervalMs: 60_000, repeatMs: 3_600_000, tellsResolved: true };

function start(timing: Partial<OutboxTiming> = {}) {
  const outbox = new Outbox({ ...TIMING, ...timing });
  /** What is sent at that second, and taken unless told. */
  const send = (seconds: number, alerts: readonly Alert[], isTaken = true) => {
    const at = START + seconds * 1_000;
    const parcel = outbox.due(
      alerts.filter(({ state }) => state === "firing"),
      at,
    );
    if (parcel === undefined) return undefined;
    outbox.sending(at);
    if (isTaken) outbox.sent(parcel);
    return parcel.entries.map(({ alert, isOver }) => `${alert.subject.route}${isOver ? " over" : ""}`);
  };
  return { outbox, send };
}

describe("a receiver", () => {
  test("gets one message of what comes within the wait, and of what is over later", () => {
    const { send } = start();
    const [a, b] = [firing({ route: "a" }), firing({ route: "b" })];
    expect(send(0, [a])).toBeUndefined();
    expect(send(14, [a, b])).toBeUndefined();
    expect(send(15, [a, b])).toEqual(["a", "b"]);
    expect(send(16, [a, b])).toBeUndefined();
    a.resolve(START + 20_000);
    expect(send(20, [a, b])).toBeUndefined();
    expect(send(74, [a, b])).toBeUndefined();
    expect(send(75, [a, b])).toEqual(["a over"]);
    expect(send(200, [b])).toBeUndefined();
  });

  test("is told again of what goes on", () => {
    const { outbox, send } = start();
    const a = firing({ route: "a" });
    send(0, [a]);
    expect(send(15, [a])).toEqual(["a"]);
    expect(send(3_614, [a])).toBeUndefined();
    expect(outbox.due([a], START + 3_615_000)?.isRepeat).toBe(true);
    expect(send(3_615, [a])).toEqual(["a"]);
    expect(send(3_700, [a])).toBeUndefined();
  });

  test("is not told of what was over before its message", () => {
    const { send } = start();
    const a = firing({ route: "a" });
    send(0, [a]);
    a.resolve(START + 10_000);
    expect(send(15, [a])).toBeUndefined();
    expect(send(3_600, [])).toBeUndefined();
  });

  test("is told at once that an alert got worse, but not that it is the same again", () => {
    const { outbox, send } = start({ groupIntervalMs: 0, groupWaitMs: 0 });
    const a = firing({ route: "a" });
    expect(send(0, [a])).toEqual(["a"]);
    a.see(finding({ route: "a" }, "critical"), START);
    expect(send(1, [a])).toEqual(["a"]);
    expect(send(2, [a])).toBeUndefined();
    a.resolve(START + 3_000);
    const again = firing({ route: "a" }, { severity: "critical" });
    expect(send(3, [again])).toBeUndefined();
    again.resolve(START + 4_000);
    // Of the two it is the end of the later one that is told.
    expect(outbox.due([], START + 4_000)?.entries.map(({ alert }) => alert)).toEqual([again]);
    expect(send(4, [again])).toEqual(["a over"]);
  });

  test("that has not taken a message is told what is the case later, not what was", () => {
    const { send } = start();
    const [a, b] = [firing({ route: "a" }), firing({ route: "b" })];
    send(0, [a, b]);
    expect(send(15, [a, b], false)).toEqual(["a", "b"]);
    a.resolve(START + 20_000);
    const c = firing({ route: "c" });
    expect(send(80, [b, c])).toBeUndefined();
    expect(send(95, [b, c])).toEqual(["b", "c"]);
  });

  test("is told the end of an alert that ended while its message was under way", () => {
    const { outbox, send } = start({ groupIntervalMs: 0, groupWaitMs: 0 });
    const a = firing({ route: "a" });
    const parcel = outbox.due([a], START);
    outbox.sending(START);
    a.resolve(START + 1_000);
    if (parcel !== undefined) outbox.sent(parcel);
    expect(send(2, [])).toEqual(["a over"]);
    expect(send(3, [])).toBeUndefined();
  });

  test("is told of an alert that came back while its end was under way", () => {
    const { outbox, send } = start({ groupIntervalMs: 0, groupWaitMs: 0 });
    const a = firing({ route: "a" });
    send(0, [a]);
    a.resolve(START + 1_000);
    const parcel = outbox.due([], START + 1_000);
    expect(parcel?.entries).toMatchObject([{ isOver: true }]);
    outbox.sending(START + 1_000);
    if (parcel !== undefined) outbox.sent(parcel);
    expect(send(2, [firing({ route: "a" })])).toEqual(["a"]);
  });

  test("is not told what is over if it does not want it", () => {
    const { send } = start({ groupIntervalMs: 0, groupWaitMs: 0, tellsResolved: false });
    const a = firing({ route: "a" });
    send(0, [a]);
    a.resolve(START + 1_000);
    expect(send(2, [])).toBeUndefined();
    expect(send(3, [firing({ route: "a" })])).toEqual(["a"]);
  });
});
