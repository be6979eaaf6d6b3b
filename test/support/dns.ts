import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Answer, decode, encode, type Packet } from "dns-packet";

/** What is said to a question: records, a response code (3: no such name), or nothing at all. */
export type DnsReply = readonly Answer[] | { readonly rcode: number } | "silence";

/** A DNS server on a UDP port of its own. */
export interface DnsServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** Every question so far: `A users.internal`. */
  readonly questions: readonly string[];
  /** Replaces what is said to a question; one that nothing is said of has no records. */
  set(question: string, reply: DnsReply): void;
}

const RESPONSE = 0x8180;

export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const replies = new Map<string, DnsReply>();
  const questions: string[] = [];
  socket.on("message", (bytes, peer) => {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    const key = `${question?.type} ${question?.name}`;
    questions.push(key);
    const reply = replies.get(key) ?? [];
    if (reply === "silence") return;
    const common: Packet = { type: "response", id: query.id ?? 0, questions: query.questions ?? [] };
    const isRefusal = "rcode" in reply;
    const flags = RESPONSE | (isRefusal ? reply.rcode : 0);
    socket.send(encode({ ...common, flags, answers: isRefusal ? [] : [...reply] }), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    set: (question, reply) => void replies.set(question, reply),
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}
