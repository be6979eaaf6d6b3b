import { GatewayError } from "../../errors.ts";
import type { Body } from "../../message/body.ts";

/** The first bytes of a body as text, at most so many; the rest is given up. Rejects when the signal is aborted. */
export function readStart(body: Body, most: number, signal: AbortSignal): Promise<string> {
  if (body.inMemory !== undefined) return Promise.resolve(textOf(body.inMemory, most));
  const source = body.take();
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const finish = () => {
      signal.removeEventListener("abort", onAbort);
      resolve(textOf(Buffer.concat(chunks), most));
    };
    const onAbort = () => {
      const error = new GatewayError("upstream_timeout");
      source.cancel(error);
      reject(error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    source.start({
      write(chunk) {
        if (size >= most) return false;
        chunks.push(chunk);
        size += chunk.byteLength;
        if (size < most) return true;
        source.cancel(ENOUGH);
        finish();
        return false;
      },
      end: finish,
      fail: reject,
    });
  });
}

const ENOUGH = new GatewayError("client_closed");

function textOf(bytes: Uint8Array, most: number): string {
  return new TextDecoder().decode(bytes.subarray(0, most));
}
