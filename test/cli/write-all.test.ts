import { expect, test } from "bun:test";
import { join } from "node:path";

const PROJECT = join(import.meta.dir, "../..");

/** What comes through a pipe whose reader begins late, in the end. */
async function throughPipe(command: string): Promise<{ readonly length: number; readonly code: number }> {
  const child = Bun.spawn(["sh", "-c", `${command} | (sleep 0.5; wc -c)`], { cwd: PROJECT, stdin: "ignore" });
  return { length: Number(await child.stdout.text()), code: await child.exited };
}

test("a command writes all it has to say before it ends, however late that is read", async () => {
  const schema = await Bun.file(join(PROJECT, "gateway.schema.json")).text();
  expect(schema.length).toBeGreaterThan(200_000);
  expect(await throughPipe("bun src/main.ts schema")).toEqual({ length: Buffer.byteLength(schema), code: 0 });
});

test("a pipe that does not block is written to until it has everything", async () => {
  const script = `
    const { constants, openSync } = require("node:fs");
    const fd = openSync("/proc/self/fd/1", constants.O_WRONLY | constants.O_NONBLOCK);
    require("./src/cli/write-all.ts").writeAll(fd, "x".repeat(400_000));
  `;
  expect(await throughPipe(`bun -e '${script}'`)).toEqual({ length: 400_000, code: 0 });
});

test("a reader that has left ends nothing", async () => {
  const child = Bun.spawn(["sh", "-c", "bun src/main.ts schema | head -c 10; echo; echo done"], { cwd: PROJECT });
  expect(await child.stdout.text()).toBe('{\n  "$sche\ndone\n');
});
