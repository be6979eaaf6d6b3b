import { describe, expect, test } from "bun:test";
import { schema } from "../../src/cli/schema.ts";
import { runCommand } from "./run.ts";

const run = (args: readonly string[]) => runCommand(schema, "/", args);

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
