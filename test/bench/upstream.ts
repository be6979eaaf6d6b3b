/**
 * The upstream of the bench: answers every scenario's path with bytes made beforehand, and nothing else.
 *
 * Run as a program of its own, `bun upstream.ts PORT`. It costs about as much CPU time as nginx serving the same.
 */
import { argv } from "node:process";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

interface Connection {
  /** A request's head as far as it has come. */
  head: string;
  /** What the socket has not taken yet. */
  rest: Buffer | undefined;
}

const HEAD_END = "\r\n\r\n";
const replies = new Map(SCENARIOS.map((scenario) => [scenario.path, replyBytes(scenario)]));
const notFound = Buffer.from(`HTTP/1.1 404 Not Found\r\nContent-Length: 0${HEAD_END}`);

Bun.listen<Connection>({
  hostname: "127.0.0.1",
  port: Number(argv[2]),
  socket: {
    open(socket) {
      socket.data = { head: "", rest: undefined };
    },
    data(socket, chunk) {
      const connection = socket.data;
      connection.head += chunk.toString("latin1");
      if (!connection.head.endsWith(HEAD_END)) return;
      const path = connection.head.slice("GET ".length, connection.head.indexOf(" ", "GET ".length));
      connection.head = "";
      send(socket, replies.get(path) ?? notFound);
    },
    drain(socket) {
      if (socket.data.rest !== undefined) send(socket, socket.data.rest);
    },
  },
});

function send(socket: Bun.Socket<Connection>, bytes: Buffer): void {
  const taken = Math.max(socket.write(bytes), 0);
  socket.data.rest = taken < bytes.length ? bytes.subarray(taken) : undefined;
}

function replyBytes({ contentType, body }: Scenario): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}${HEAD_END}`;
  return Buffer.concat([Buffer.from(head), body]);
}
