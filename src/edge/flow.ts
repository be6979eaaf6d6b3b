import type { TunnelSocket } from "../message/tunnel.ts";
import type { FrameFollower } from "./websocket.ts";

/** The frames of a flow, for one that ends between two of them. */
export interface FlowFrames {
  readonly follower: FrameFollower;
  /** What ends it. */
  readonly closing: () => Uint8Array;
}

/** One direction of a tunnel: bytes go from one connection to the other as they come, with back-pressure. */
export class Flow {
  /** Bytes that came from the source. */
  bytes = 0;
  /** Nothing is taken any more; what is queued still goes. */
  isEnded = false;
  /** FIN has been passed on: nothing follows. */
  isShut = false;
  readonly #from: TunnelSocket;
  readonly #to: TunnelSocket;
  readonly #frames: FlowFrames | undefined;
  #queue: Uint8Array[] = [];
  /** It ends with the frame under way. */
  #isFinishing = false;

  constructor(from: TunnelSocket, to: TunnelSocket, frames: FlowFrames | undefined) {
    this.#from = from;
    this.#to = to;
    this.#frames = frames;
  }

  push(bytes: Uint8Array): void {
    if (this.isEnded) return;
    this.bytes += bytes.length;
    const end = this.#frames?.follower.follow(bytes, this.#isFinishing) ?? bytes.length;
    this.send(end === bytes.length ? bytes : bytes.subarray(0, end));
    if (this.#isFinishing) this.finish();
  }

  /** Sends what does not come from the source. */
  send(bytes: Uint8Array): void {
    if (this.#queue.length > 0) {
      this.#queue.push(bytes);
      return;
    }
    const taken = this.#to.write(bytes);
    // Closed: the close event follows.
    if (taken < 0 || taken === bytes.length) return;
    this.#queue.push(bytes.subarray(taken));
    this.#from.pause();
  }

  /** The destination takes bytes again. */
  onDrain(): void {
    if (this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = [];
    for (const bytes of queue) this.send(bytes);
    if (this.#queue.length > 0) return;
    if (this.isEnded) this.#shut();
    this.#from.resume();
  }

  /** The source sends no more. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    if (this.#queue.length === 0) this.#shut();
  }

  /** Ends between two frames, with the one that closes; a frame that is under way is passed on first. */
  finish(): void {
    if (this.isEnded) return;
    this.#isFinishing = true;
    if (this.#frames?.follower.isBetween === false) return;
    if (this.#frames?.follower.hasClose === false) this.send(this.#frames.closing());
    this.end();
  }

  #shut(): void {
    this.isShut = true;
    this.#to.shutdown();
  }
}
