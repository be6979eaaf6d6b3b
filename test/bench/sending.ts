/** What a socket has not taken yet of the bytes that were written to it. */
export interface Sending {
  rest: Buffer | undefined;
}

/** Writes bytes to a socket; what it does not take is written by {@link sendRest}. */
export function send<T extends Sending>(socket: Bun.Socket<T>, bytes: Buffer): void {
  const taken = Math.max(socket.write(bytes), 0);
  socket.data.rest = taken < bytes.length ? bytes.subarray(taken) : undefined;
}

/** Goes on writing, once the socket takes more. */
export function sendRest<T extends Sending>(socket: Bun.Socket<T>): void {
  if (socket.data.rest !== undefined) send(socket, socket.data.rest);
}
