/**
 * The upstream of the bench: answers every scenario's path with bytes made beforehand, and nothing else.
 *
 * Run as a program of its own, `bun upstream.ts PORT`. It costs about as much CPU time as nginx serving the same. It
 * is the load generator of the open loop too, see open-loop.ts: `GET /open-loop?ORDER`.
 */
import { argv } from "node:process";
import { runOpenLoop } from "./open-loop.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { type Sending, send, sendRest } from "./sending.ts";

interface Connection extends Sending {
  /** A request's head as far as it has come. */
  head: string;
  /** Bytes of its body still to come, once the head is whole. */
  bodyLeft: number;
  reply: Buffer;
}

const HEAD_END = "\r\n\r\n";
const OPEN_LOOP = "/open-loop?";
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const replies = new Map(SCENARIOS.map((scenario) => [scenario.path, replyBytes(scenario)]));
replies.set("/v1/traces", Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0${HEAD_END}`));
const notFound = Buffer.from(`HTTP/1.1 404 Not Found\r\nContent-Length: 0${HEAD_END}`);

Bun.listen<Connection>({
  hostname: "127.0.0.1",
  port: Number(argv[2]),
  socket: {
    open(socket) {
      socket.data = { head: "", bodyLeft: 0, reply: notFound, rest: undefined };
    },
    data(socket, chunk) {
      const connection = socket.data;
      if (connection.bodyLeft > 0) {
        connection.bodyLeft -= chunk.length;
        if (connection.bodyLeft === 0) send(socket, connection.reply);
        return;
      }
      readHead(socket, connection.head + chunk.toString("latin1"));
    },
    drain: sendRest,
  },
});

function readHead(socket: Bun.Socket<Connection>, head: string): void {
  const connection = socket.data;
  const end = head.indexOf(HEAD_END);
  connection.head = end === -1 ? head : "";
  if (end === -1) return;
  const from = head.indexOf(" ") + 1;
  const path = head.slice(from, head.indexOf(" ", from));
  if (path.startsWith(OPEN_LOOP)) {
    void answerOpenLoop(socket, path.slice(OPEN_LOOP.length));
    return;
  }
  connection.reply = replies.get(path) ?? notFound;
  const came = head.length - end - HEAD_END.length;
  connection.bodyLeft = head.startsWith("POST") ? Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0) - came : 0;
  if (connection.bodyLeft === 0) send(socket, connection.reply);
}

async function answerOpenLoop(socket: Bun.Socket<Connection>, order: string): Promise<void> {
  const sample = await runOpenLoop(JSON.parse(decodeURIComponent(order)));
  const body = JSON.stringify(sample);
  send(socket, Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}${HEAD_END}${body}`));
}

function replyBytes({ contentType, body, isCached }: Scenario): Buffer {
  const control = isCached ? "Cache-Control: public, max-age=3600\r\n" : "";
  const head = `HTTP/1.1 200 OK\r\n${control}Content-Type: ${contentType}\r\nContent-Length: ${body.length}${HEAD_END}`;
  return Buffer.concat([Buffer.from(head), body]);
}
