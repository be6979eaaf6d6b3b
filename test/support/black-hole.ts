import { dlopen, ptr } from "bun:ffi";

/** A local port whose connections never open: its queue is full, so the kernel drops every further SYN (Linux). */
export interface BlackHole extends Disposable {
  readonly port: number;
}

const AF_INET = 2;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;

const libc = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
}).symbols;

/** Listens on 127.0.0.1 without ever accepting; a queue of length 0 takes one connection, which is the test's own. */
export async function startBlackHole(): Promise<BlackHole> {
  const fd = libc.socket(AF_INET, SOCK_STREAM_CLOEXEC, 0);
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.set([127, 0, 0, 1], 4);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(address.byteLength);
  const isListening =
    libc.bind(fd, ptr(address), address.byteLength) === 0 &&
    libc.listen(fd, 0) === 0 &&
    libc.getsockname(fd, ptr(address), ptr(size)) === 0;
  if (!isListening) throw new Error("the black hole could not listen");
  const port = address.readUInt16BE(2);
  const filler = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  return {
    port,
    [Symbol.dispose]() {
      libc.close(fd);
      filler.terminate();
    },
  };
}
