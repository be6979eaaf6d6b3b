import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { makeCertificate } from "./certificate.ts";
import { endAll } from "./children.ts";
import { caddy } from "./contenders/caddy.ts";
import { haproxy } from "./contenders/haproxy.ts";
import { nginx } from "./contenders/nginx.ts";
import { sluice } from "./contenders/sluice.ts";
import { HOST, requestBytes, requestFields } from "./request.ts";
import { startContender } from "./run.ts";
import { type Sending, send, sendRest } from "./sending.ts";

const installed = [sluice, nginx, haproxy, caddy].filter((contender) => contender.version() !== undefined);
const dir = mkdtempSync(`${tmpdir()}/sluice-bench-test-`);
const heads: string[] = [];
const upstream = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, chunk) {
      heads.push(chunk.toString("latin1"));
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
  },
});

afterAll(async () => {
  await endAll();
  upstream.stop(true);
  rmSync(dir, { recursive: true });
});

/** The fields that came to the upstream, by name. */
async function fieldsAfter(port: number, isTls: boolean): Promise<Record<string, unknown>> {
  const { promise: answered, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.connect<Sending>({
    hostname: "127.0.0.1",
    port,
    ...(isTls && { tls: { rejectUnauthorized: false, serverName: HOST } }),
    data: { rest: undefined },
    socket: {
      drain: sendRest,
      data(_, chunk) {
        resolve(chunk.toString("latin1"));
      },
    },
  });
  send(socket, requestBytes("typical", "/small", 0));
  expect(await answered).toStartWith("HTTP/1.1 200");
  socket.end();
  const [, ...lines] = (heads.pop() ?? "").trimEnd().split("\r\n");
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return Object.fromEntries(pairs);
}

/** What every gateway must have made of the typical request. */
function expected(scheme: "http" | "https"): Record<string, unknown> {
  const sent = requestFields("typical").map(([name, value]) => [name.toLowerCase(), value]);
  return {
    ...Object.fromEntries(sent),
    host: `127.0.0.1:${upstream.port}`,
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": scheme,
    "x-forwarded-host": HOST,
    forwarded: `for=127.0.0.1;host=${HOST};proto=${scheme}`,
    via: expect.stringMatching(/^1\.1 \w/),
  };
}

function isSent(name: string): boolean {
  return requestFields("typical").some(([sent]) => sent.toLowerCase() === name);
}

describe("equal work", () => {
  test.each(installed)(
    "$name passes on the fields of the request and sets its own, as the others do",
    async (contender) => {
      const { setup } = await startContender(contender, upstream.port, dir, await makeCertificate(dir));
      expect(await fieldsAfter(setup.port, false)).toEqual(expected("http"));
      expect(await fieldsAfter(setup.tlsPort, true)).toEqual(expected("https"));
    },
  );

  test("at their bare ports nginx and HAProxy add nothing", async () => {
    for (const contender of installed.filter(({ name }) => name === "nginx" || name === "haproxy")) {
      const { setup } = await startContender(contender, upstream.port, dir, undefined);
      const fields = Object.keys(await fieldsAfter(setup.barePort, false));
      expect(fields.sort()).toEqual(Object.keys(expected("http")).filter(isSent).sort());
    }
  });
});
