import { describe, expect, test } from "bun:test";
import type { CliIo } from "../../src/cli/io.ts";
import { schema } from "../../src/cli/schema.ts";

async function run(args: readonly string[]) {
  const written = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: {},
    cwd: "/",
    isTerminal: false,
    onStop: () => {},
    onFault: () => {},
    usage: () => ({ uptimeSeconds: 0, residentBytes: 0, cpuSeconds: 0 }),
    onExit: () => {},
    onReload: () => {},
    pid: 1,
    program: [],
    parent: undefined,
  };
  const exitCode = await schema(args, io);
  return { exitCode, ...written };
}

describe("gateway schema", () => {
  test("prints the schema with the plugins that are installed", async () => {
    const { exitCode, out } = await run([]);
    expect(exitCode).toBe(0);
    const { definitions } = JSON.parse(out);
    expect(Object.keys(definitions.plugins.properties)).toContain("request-id");
  });

  test("what is committed is what would be written", async () => {
    expect(await run(["--check"])).toEqual({ exitCode: 0, out: "", err: "" });
  });

  test("a command that is not understood is answered with how it is used", async () => {
    expect(await run(["--nope"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("usage:") });
  });
});
