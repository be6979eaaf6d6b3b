import { closeCode, nextMessage, openWebSocket } from "../support/websocket.ts";
import { type Kind, partOf, type Visit } from "./client.ts";
import { contentAt, sumOf } from "./content.ts";

/** Ends with a Close frame of its own, with one that it asks the service for, or without any. */
const ENDINGS = ["client", "service", "neither"] as const;

/** Sends messages over a WebSocket, which come back as they are. */
export const upgraded: Kind = {
  name: "upgraded",
  perSecond: 4,
  async run(visit) {
    const { random } = visit;
    const socket = await open(visit);
    for (let left = random.below(6); left > 0; left--) {
      const { place, length } = partOf(random, random.once(4) ? 500_000 : 2_000);
      const bytes = contentAt(place, length);
      const answer = within(nextMessage(socket), "a message came back");
      socket.send(bytes);
      const got = await answer;
      if (!(got instanceof ArrayBuffer)) throw new Error(`wrong bytes: a message is no bytes, but ${typeof got}`);
      const sum = sumOf(new Uint8Array(got));
      if (sum !== sumOf(bytes)) throw new Error(`wrong bytes: the sum ${sum} instead of ${sumOf(bytes)}`);
    }
    const ending = random.pick(ENDINGS);
    if (ending === "neither") return socket.terminate();
    const closed = within(closeCode(socket), "the WebSocket closed");
    if (ending === "client") socket.close(4_000, "done");
    else socket.send("close");
    const code = await closed;
    const wanted = ending === "client" ? 4_000 : 4_001;
    if (code !== wanted) throw new Error(`the WebSocket closed with ${code} instead of ${wanted}`);
  },
};

function open({ port, tls, random }: Visit): Promise<WebSocket> {
  if (tls === undefined || !random.once(2)) return openWebSocket(port, "/socket");
  return openWebSocket(tls.port, "/socket", { ca: tls.ca });
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not in time: ${what}`)), 20_000);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
