import { until } from "../support/until.ts";
import { getPart, type Kind, partOf, takePart, takeSum, withClient } from "./client.ts";
import { contentAt, MOST_BYTES, SUM_FIELD, sumOf } from "./content.ts";
import { trailers } from "./trailers.ts";
import { upgraded } from "./upgraded.ts";
import { FAULT_NAMES } from "./upstreams.ts";

const small: Kind = {
  name: "small",
  perSecond: 20,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      for (let left = 1 + random.below(8); left > 0; left--) {
        const part = partOf(random, 1_000);
        await client.send(getPart(part));
        await takePart(client, part);
      }
    }),
};

const large: Kind = {
  name: "large",
  perSecond: 2,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const part = partOf(random, MOST_BYTES);
      await client.send(getPart(part, random.once(2) ? "?chunked" : ""));
      await takePart(client, part);
    }),
};

const pipelined: Kind = {
  name: "pipelined",
  perSecond: 5,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const parts = random.list(2 + random.below(10), () => partOf(random, random.once(5) ? 50_000 : 500));
      await client.send(parts.map((part) => getPart(part)).join(""));
      for (const part of parts) await takePart(client, part);
    }),
};

const upload: Kind = {
  name: "upload",
  perSecond: 5,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const { place, length } = partOf(random, 500_000);
      const bytes = contentAt(place, length);
      await client.send(`${postHead(bytes)}Content-Length: ${bytes.length}\r\n\r\n`);
      await client.send(bytes);
      await takeSum(client, bytes);
    }),
};

const chunked: Kind = {
  name: "chunked",
  perSecond: 5,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const { place, length } = partOf(random, 200_000);
      const bytes = contentAt(place, length);
      await client.send(`${postHead(bytes)}Transfer-Encoding: chunked\r\n\r\n`);
      for (let at = 0; at < bytes.length; ) {
        const chunk = bytes.subarray(at, at + 1 + random.below(40_000));
        await client.send(`${chunk.length.toString(16)}${random.once(3) ? ";a=b" : ""}\r\n`);
        await client.send(chunk);
        await client.send("\r\n");
        at += chunk.length;
      }
      await client.send("0\r\n\r\n");
      await takeSum(client, bytes);
    }),
};

/** Goes away in the middle of a request or a reply. */
const aborted: Kind = {
  name: "aborted",
  perSecond: 5,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const bytes = contentAt(0, 100_000);
      if (random.once(2)) {
        await client.send(getPart({ place: 0, length: MOST_BYTES }, random.once(2) ? "?chunked" : ""));
        await client.waitForBytes(1 + random.below(100_000));
      } else {
        const framing = random.once(2)
          ? `Content-Length: ${bytes.length}\r\n\r\n`
          : "Transfer-Encoding: chunked\r\n\r\nffff\r\n";
        await client.send(postHead(bytes) + framing);
        await client.send(bytes.subarray(0, random.below(60_000)));
      }
      if (random.once(2)) client.reset();
    }),
};

/** Sends its request in small pieces, and reads the reply with pauses. */
const slow: Kind = {
  name: "slow",
  perSecond: 3,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const part = partOf(random, MOST_BYTES);
      for (const piece of getPart(part).match(/.{1,9}/gs) ?? []) {
        await client.send(piece);
        await Bun.sleep(10);
      }
      for (let pauses = random.below(5); pauses > 0; pauses--) {
        client.pause();
        await Bun.sleep(100);
        client.resume();
        await Bun.sleep(10);
      }
      await takePart(client, part);
    }),
};

/** Asks a service that fails: the answer is 502, or breaks off where a reply had begun; it never looks whole. */
const faulty: Kind = {
  name: "faulty",
  perSecond: 5,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      const name = random.pick(FAULT_NAMES);
      await client.send(`GET /faulty/${name} HTTP/1.1\r\nHost: soak\r\n\r\n`);
      const got = () => client.inbox.rest.toString("latin1");
      await until(() => client.isClosed || got().startsWith("HTTP/1.1 502 "), {
        timeout: 20_000,
        what: `${name} failed`,
      });
      const isWhole = /^HTTP\/1\.1 200 /.test(got()) && (got().endsWith("\r\n0\r\n\r\n") || got().length > 5_000);
      if (isWhole) throw new Error(`a reply that broke off looks whole: ${JSON.stringify(got().slice(0, 300))}`);
    }),
};

function postHead(bytes: Uint8Array): string {
  return `POST /sum HTTP/1.1\r\nHost: soak\r\n${SUM_FIELD}: ${sumOf(bytes)}\r\n`;
}

/** Every kind of client of the soak: another one is a value like these, and a line here. */
export const KINDS: readonly Kind[] = [
  small,
  large,
  pipelined,
  upload,
  chunked,
  trailers,
  aborted,
  slow,
  faulty,
  upgraded,
];
