import { expect, test } from "bun:test";
import { MessageWriter } from "../../src/http1/writer.ts";
import { ManualSource } from "../message/manual-source.ts";
import { connect } from "../support/raw.ts";
import { until } from "../support/until.ts";
import { composed } from "./composed.ts";
import { writerLog } from "./wire.ts";

const HEAD = "HTTP/1.1 200 OK\r\n\r\n";
const BLOCK = 300_000;
const BLOCKS = 40;

test("to a client that stalls, a writer blocks, its source waits, and afterwards every byte arrives", async () => {
  const owner = writerLog();
  const writer = new MessageWriter(owner);
  const source = new ManualSource();
  using listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        writer.attach(socket);
        writer.sendFrom(composed(HEAD), source, "chunked", 0);
      },
      data: () => undefined,
      drain: () => writer.onDrain(),
    },
  });
  using client = await connect(listener.port);
  client.pause();
  await until(() => source.calls.includes("start"));
  let sent = 0;
  const isBlocked = () => !source.sink.write(Buffer.alloc(BLOCK, 97 + sent++));
  await until(() => isBlocked(), { what: "the kernel took no more" });
  expect(sent).toBeLessThan(BLOCKS);
  expect(owner.calls).toEqual(["blocked"]);

  client.resume();
  await until(() => source.calls.includes("resume"));
  while (sent < BLOCKS) source.sink.write(Buffer.alloc(BLOCK, 97 + sent++));
  source.sink.end();
  await until(() => owner.calls.at(-1) === "sent");
  const blocks = Array.from({ length: BLOCKS }, (_, i) => Buffer.alloc(BLOCK, 97 + i));
  const chunks = blocks.flatMap((block) => [Buffer.from(`${BLOCK.toString(16)}\r\n`), block, Buffer.from("\r\n")]);
  const wire = Buffer.concat([Buffer.from(HEAD), ...chunks, Buffer.from("0\r\n\r\n")]);
  await client.waitForBytes(wire.length);
  expect(client.inbox.rest.equals(wire)).toBe(true);
});
