import { describe, expect, test } from "bun:test";
import { Flow } from "../../src/edge/flow.ts";
import { closeFrame, FrameFollower } from "../../src/edge/websocket.ts";
import type { TunnelSocket } from "../../src/message/tunnel.ts";

/** A socket that takes as many bytes as it is let, and notes what is asked of it. */
class Side implements TunnelSocket {
  room = Number.POSITIVE_INFINITY;
  readonly told: string[] = [];

  write(data: Uint8Array): number {
    const taken = Math.min(this.room, data.length);
    this.room -= taken;
    if (taken > 0) this.told.push(Buffer.from(data).toString("latin1", 0, taken));
    return taken;
  }

  pause(): void {
    this.told.push("<pause>");
  }

  resume(): void {
    this.told.push("<resume>");
  }

  shutdown(): void {
    this.told.push("<fin>");
  }

  terminate(): void {
    this.told.push("<rst>");
  }
}

function flowOf(isWebSocket = false) {
  const from = new Side();
  const to = new Side();
  const frames = isWebSocket ? { follower: new FrameFollower(), closing: () => closeFrame(false) } : undefined;
  return { from, to, flow: new Flow(from, to, frames) };
}

describe("a flow", () => {
  test("keeps what is not taken, in its order, and pauses the source meanwhile", () => {
    const { from, to, flow } = flowOf();
    to.room = 2;
    flow.push(Buffer.from("abc"));
    flow.push(Buffer.from("def"));
    to.room = 2;
    flow.onDrain();
    expect(from.told).toEqual(["<pause>", "<pause>"]);
    to.room = 10;
    flow.onDrain();
    expect(to.told.join("")).toBe("abcdef");
    expect(from.told.at(-1)).toBe("<resume>");
    expect(flow.bytes).toBe(6);
  });

  test("writes nothing past bytes that wait, whatever room there is", () => {
    const { to, flow } = flowOf();
    to.room = 1;
    flow.push(Buffer.from("ab"));
    to.room = 10;
    flow.push(Buffer.from("cd"));
    expect(to.told).toEqual(["a"]);
    flow.onDrain();
    expect(to.told).toEqual(["a", "b", "cd"]);
  });

  test("passes FIN on behind what waits", () => {
    const { to, flow } = flowOf();
    to.room = 1;
    flow.push(Buffer.from("ab"));
    flow.end();
    expect([to.told, flow.isEnded, flow.isShut]).toEqual([["a"], true, false]);
    to.room = 1;
    flow.onDrain();
    expect([to.told, flow.isShut]).toEqual([["a", "b", "<fin>"], true]);
  });

  test("passes FIN on once, and nothing behind it", () => {
    const { to, flow } = flowOf();
    flow.end();
    flow.end();
    flow.push(Buffer.from("late"));
    flow.onDrain();
    expect(to.told).toEqual(["<fin>"]);
    expect(flow.bytes).toBe(0);
  });

  test("keeps nothing for a destination that is closed", () => {
    const { from, to, flow } = flowOf();
    to.room = -1;
    flow.push(Buffer.from("abc"));
    to.room = 10;
    flow.onDrain();
    expect([from.told, to.told]).toEqual([[], []]);
  });

  test("of frames that has ended sends no Close behind its end", () => {
    const { to, flow } = flowOf(true);
    flow.end();
    flow.finish();
    expect(to.told).toEqual(["<fin>"]);
  });

  test("of frames finishes behind the one that waits", () => {
    const { to, flow } = flowOf(true);
    to.room = 3;
    flow.push(Buffer.from("\x81\x02hi", "latin1"));
    flow.finish();
    flow.push(Buffer.from("\x81\x00", "latin1"));
    to.room = 10;
    flow.onDrain();
    expect(to.told).toEqual(["\x81\x02h", "i", "\x88\x02\x03\xe9", "<fin>"]);
  });
});
