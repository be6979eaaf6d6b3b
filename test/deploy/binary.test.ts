import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { replies } from "../support/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { PROJECT } from "./files.ts";

let folder: TempFolder;
let binary: string;
let upstream: Upstream;

/** Nothing of the machine's: no Bun in the path either. */
const env = { PATH: "/nowhere", HOME: "/nowhere" };

beforeAll(() => {
  folder = tempFolder();
  binary = folder.file("bin/sluice");
  upstream = startUpstream(replies());
  const built = Bun.spawnSync([execPath, join(PROJECT, "deploy/binary.ts"), binary], { cwd: folder.path });
  if (built.exitCode !== 0) throw new Error(built.stderr.toString());
}, 60_000);
afterAll(() => {
  upstream.stop();
  folder.remove();
});

function run(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, ...args], { cwd: folder.path, env });
  return { exitCode, out: stdout.toString(), err: stderr.toString() };
}

const OWN_PLUGIN = `import { definePlugin, Reply, Type } from "sluice/plugin";
export default definePlugin({
  name: "mine", description: "Answers.", options: Type.Object({ word: Type.String() }), answers: true,
  setup: ({ word }) => ({ cache: () => () => Reply.text(200, word) }),
});
`;

function writeConfig(workers: number): void {
  folder.write("jwt.pem", RSA.pem);
  folder.write("own/mine.ts", OWN_PLUGIN);
  // What Bun would read by itself: it must not.
  folder.write(".env", "WORD=wrong\n");
  folder.write("bunfig.toml", 'preload = ["./not-there.ts"]\n');
  folder.write(
    "gateway.yaml",
    `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
admin: { port: 0 }
plugins: { request-id: {}, compression: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /open, service: all }
  - { path: /jwt, service: all, plugins: { jwt: { public-key: jwt.pem }, rate-limit: { limit: 100/m } } }
  - { path: /mine, plugins: { ./own/mine.ts: { word: "\${WORD:-right}" } } }
`,
  );
}

describe("the gateway in one file", () => {
  test("has all plugins in it: its schema is the one that is committed", () => {
    const { exitCode, out, err } = run("schema");
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toBe(readFileSync(join(PROJECT, "gateway.schema.json"), "utf8"));
  });

  test("checks, explains, and says that it is not ready while it does not run", () => {
    writeConfig(1);
    expect(run("check")).toMatchObject({ exitCode: 0, err: "" });
    expect(run("explain", "GET", "/jwt").out).toContain("refused 401, route /jwt");
    expect(run("ready")).toMatchObject({ exitCode: 1, err: expect.stringContaining("does not answer") });
  });

  test.each([1, 2])(
    "serves with %p processes: a service, keys from a file, a plugin of one's own",
    async (workers) => {
      writeConfig(workers);
      const child = Bun.spawn([binary, "start"], { cwd: folder.path, env, stdout: "pipe", stderr: "pipe" });
      let log = "";
      const read = (async () => {
        for await (const chunk of child.stdout) log += Buffer.from(chunk).toString();
      })();
      try {
        const portOf = (message: string) => new RegExp(`"msg":"${message}".*?"port":(\\d+)`).exec(log)?.[1];
        await until(() => portOf("admin listening") !== undefined && portOf("listening") !== undefined, {
          timeout: 15_000,
          what: () => `it listens: ${log}`,
        });
        const url = `http://127.0.0.1:${portOf("listening")}`;
        const ask = async (path: string, token?: string) => {
          const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
          const reply = await fetch(url + path, { headers });
          return `${reply.status} ${reply.ok ? await reply.text() : ""}`;
        };
        expect(await ask("/open")).toBe("200 ok");
        expect(await ask("/jwt")).toBe("401 ");
        expect(await ask("/jwt", currentToken())).toBe("200 ok");
        expect(await ask("/mine")).toBe("200 right");
        const admin = await fetch(`http://127.0.0.1:${portOf("admin listening")}/health/ready`);
        expect(await admin.json()).toMatchObject({ status: "ready" });
      } finally {
        child.kill("SIGTERM");
        expect(await child.exited).toBe(0);
        await read;
      }
    },
    30_000,
  );
});
