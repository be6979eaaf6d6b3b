import { expect, test } from "bun:test";
import { start } from "../../src/cli/start.ts";
import { tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

test.each([
  [["x"], '"x" is not understood'],
  [["--nothing"], "there is no flag --nothing"],
  [["--config"], "--config needs a value"],
  [["--config="], "--config needs a value"],
  [["--config", "a", "--config", "b"], "--config is there twice"],
  [["--watch=yes"], "--watch takes no value"],
])("does not understand %p", async (args, reason) => {
  using folder = tempFolder();
  const { exitCode, out, err } = await runCommand(start, folder.path, args);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err).toStartWith(`${reason}\n\nusage: bun run start`);
});

test("a file that is not there is a problem of the configuration", async () => {
  using folder = tempFolder();
  const { exitCode, err } = await runCommand(start, folder.path, ["--config", "no.yaml", "--watch"]);
  expect(exitCode).toBe(1);
  expect(err).toContain("no.yaml is not valid: 1 error");
});
