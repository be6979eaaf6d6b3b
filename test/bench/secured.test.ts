import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { endAll } from "./children.ts";
import { haproxyJwt } from "./contenders/haproxy.ts";
import { sluiceJwt } from "./contenders/sluice.ts";
import { ask, type Gateway, startContender } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";
import { forged, prepareSecured, type Secured } from "./secured.ts";

const LIMIT = 5;
const installed = [sluiceJwt, haproxyJwt].filter((contender) => contender.version() !== undefined);
const dir = mkdtempSync(`${tmpdir()}/sluice-bench-test-`);
const scenario = SCENARIOS.find(({ name }) => name === "jwt") ?? SCENARIOS[0];
const upstream = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("from the upstream") });
let secured: Secured;

beforeAll(async () => {
  secured = await prepareSecured(dir, 2 * installed.length, LIMIT);
});

afterAll(async () => {
  await endAll();
  await upstream.stop(true);
  rmSync(dir, { recursive: true });
});

describe("contenders that look at tokens", () => {
  test.each(installed)(
    "$name lets so many requests of a valid token through, and none of another",
    async (contender) => {
      const gateway: Gateway = await startContender(contender, upstream.port ?? 0, dir, undefined, secured);
      const statusOf = async (token: string | undefined) => {
        if (scenario === undefined) throw new Error("there is no scenario");
        return (await ask(gateway, scenario, token)).status;
      };
      const [first = "", second = ""] = secured.tokens.slice(2 * installed.indexOf(contender));
      // Without a token of ours the request bears one that says nothing.
      expect([await statusOf(undefined), await statusOf(forged(first)), await statusOf(secured.expired)]).toEqual([
        401, 401, 401,
      ]);
      const statuses = [];
      for (let i = 0; i <= LIMIT; i++) statuses.push(await statusOf(first));
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      expect(await statusOf(second)).toBe(200);
    },
  );
});
