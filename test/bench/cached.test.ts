import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { connect } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { endAll } from "./children.ts";
import { nginx } from "./contenders/nginx.ts";
import { sluice } from "./contenders/sluice.ts";
import { varnish } from "./contenders/varnish.ts";
import { requestBytes } from "./request.ts";
import { startContender } from "./run.ts";

const installed = [sluice, nginx, varnish].filter((contender) => contender.version() !== undefined);
const dir = mkdtempSync(`${tmpdir()}/sluice-bench-test-`);

afterAll(async () => {
  await endAll();
  rmSync(dir, { recursive: true });
});

test.each(installed)(
  "$name answers what is measured as cached from its cache, and keeps the connection",
  async (contender) => {
    using upstream = startUpstream((_, connection) =>
      connection.send(response("kept", { headers: [["Cache-Control", "public, max-age=3600"]] })),
    );
    const { setup } = await startContender(contender, upstream.port, dir, undefined);
    using client = await connect(setup.port);
    for (let i = 0; i < 3; i++) {
      const reply = await client.exchange(Buffer.from(requestBytes("typical", "/cached/small", 0)));
      expect([reply.status, reply.body.toString()]).toEqual([200, "kept"]);
    }
    expect(upstream.requests).toHaveLength(1);
  },
);
