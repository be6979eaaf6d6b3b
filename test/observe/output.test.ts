import { describe, expect, test } from "bun:test";
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createOutput, type LineTap, type Output } from "../../src/observe/output.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { FILLER, LINES } from "./children/write-lines.ts";

const CHILD = join(import.meta.dir, "children/write-lines.ts");
const ALL_LINES = Array.from({ length: LINES }, (_, index) => `${index} ${FILLER}`);

/** A pipe with a name: both ends are ours, and we read when we like. Writes to it never block us. */
function namedPipe(folder: TempFolder) {
  const path = folder.file("pipe");
  Bun.spawnSync(["mkfifo", path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const block = Buffer.alloc(65_536);
  let text = "";
  return {
    reader,
    writer,
    /** Reads what is there; answers all that was ever read. */
    read(): string {
      try {
        for (let n = readSync(reader, block); n > 0; n = readSync(reader, block))
          text += block.toString("latin1", 0, n);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      }
      return text;
    },
  };
}

/** Starts the child with its standard output in a pipe that nobody reads yet. */
function start(folder: TempFolder, mode: string) {
  const pipe = namedPipe(folder);
  // The child gets an end that blocks, as from a shell.
  const blocking = openSync(folder.file("pipe"), constants.O_WRONLY);
  const child = Bun.spawn(["bun", CHILD, mode], { stdout: blocking, stderr: "pipe" });
  closeSync(blocking);
  closeSync(pipe.writer);
  const errors = child.stderr.getReader();
  const waitForAlive = async () => {
    let text = "";
    while (!text.includes("alive")) text += new TextDecoder().decode((await errors.read()).value);
  };
  /** Reads on while it asks. */
  const hasEnded = () => {
    pipe.read();
    return child.exitCode !== null;
  };
  return { pipe, child, waitForAlive, hasEnded };
}

function linesOf(text: string): string[] {
  expect(text).toEndWith("\n");
  return text.slice(0, -1).split("\n");
}

describe("a child process with a pipe as its standard output", () => {
  test.each([
    ["exit", 7],
    ["end", 1],
  ])("loses nothing when it ends at once (%s), however late the reader is", async (mode, code) => {
    using folder = tempFolder();
    const { pipe, child, hasEnded } = start(folder, mode);
    await until(() => pipe.read().length > 0);
    await until(hasEnded);
    expect(child.exitCode).toBe(code);
    expect(linesOf(pipe.read())).toEqual(ALL_LINES);
  });

  test("is not stopped by a full pipe, and writes on when it is read", async () => {
    using folder = tempFolder();
    const { pipe, child, waitForAlive } = start(folder, "stay");
    await waitForAlive();
    await until(() => pipe.read().length >= ALL_LINES.join("\n").length + 1);
    expect(linesOf(pipe.read())).toEqual(ALL_LINES);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("keeps up to its bound, and says how many lines were lost", async () => {
    using folder = tempFolder();
    const { pipe, hasEnded, waitForAlive } = start(folder, "loss");
    await waitForAlive();
    await until(hasEnded);
    const lines = linesOf(pipe.read());
    const kept = lines.slice(0, -1);
    expect(kept).toEqual(ALL_LINES.slice(0, kept.length));
    expect(kept.length).toBeWithin(300, 600);
    expect(lines.at(-1)).toBe(`lost ${LINES - kept.length}`);
  });

  test("goes on without a log when the reader is gone", async () => {
    using folder = tempFolder();
    const { pipe, child, waitForAlive } = start(folder, "gone");
    closeSync(pipe.reader);
    await waitForAlive();
    expect(await child.exited).toBe(0);
  });
});

describe("a file", () => {
  test("gets lines in batches, in order and in UTF-8", async () => {
    using folder = tempFolder();
    const file = folder.write("log", "");
    const fd = openSync(file, "a");
    const output = createOutput({ fd });
    output.write("ä\n");
    output.write("€ 😀\n");
    expect(readFileSync(file, "utf8")).toBe("");
    await until(() => readFileSync(file, "utf8") !== "");
    expect(readFileSync(file, "utf8")).toBe("ä\n€ 😀\n");
    closeSync(fd);
  });

  test("gets a full batch without delay", () => {
    using folder = tempFolder();
    const file = folder.write("log", "");
    const fd = openSync(file, "a");
    createOutput({ fd }).write(`${"x".repeat(70_000)}\n`);
    expect(readFileSync(file, "utf8").length).toBe(70_001);
    closeSync(fd);
  });
});

test("flushing gives up on a reader who takes nothing", () => {
  using folder = tempFolder();
  const { reader, writer } = namedPipe(folder);
  const output = createOutput({ fd: writer });
  for (let i = 0; i < 1_000; i++) output.write(`${FILLER}\n`);
  const start = performance.now();
  output.flushSync(50);
  expect(performance.now() - start).toBeWithin(50, 20_000);
  closeSync(reader);
  closeSync(writer);
});

test("the descriptor it was given is left as it was", () => {
  using folder = tempFolder();
  const { reader, writer } = namedPipe(folder);
  const blocking = openSync(folder.file("pipe"), constants.O_WRONLY);
  createOutput({ fd: blocking });
  const flags = readFileSync(`/proc/self/fdinfo/${blocking}`, "utf8");
  expect(Number.parseInt(/flags:\s*(\d+)/.exec(flags)?.[1] ?? "", 8) & constants.O_NONBLOCK).toBe(0);
  writeSync(blocking, "x");
  closeSync(reader);
  closeSync(writer);
  closeSync(blocking);
});

test("lines of any length and any letters come whole and in their order", () => {
  using folder = tempFolder();
  const file = folder.file("log");
  const fd = openSync(file, "w");
  const output = createOutput({ fd });
  const lines = Array.from(
    { length: 200 },
    (_, n) => `${n} ${(n % 3 === 0 ? "é€😀" : "x").repeat((n * 577) % 5_000)}\n`,
  );
  lines.splice(100, 0, `${"long".repeat(60_000)}\n`, "short\n");
  for (const line of lines) output.write(line);
  output.flushSync();
  closeSync(fd);
  expect(readFileSync(file, "utf8")).toBe(lines.join(""));
});

/** Puts a line down as bytes. */
function take({ taker }: Output, line: string): void {
  expect(taker.isFree).toBeTrue();
  taker.take(Buffer.from(line).copy(taker.desk));
}

/** Reads along. */
class Along implements LineTap {
  text = "";

  push(line: string): void {
    this.text += line;
  }

  pushBytes(lines: Uint8Array): void {
    expect(lines.byteLength).toBePositive();
    this.text += Buffer.from(lines).toString();
  }
}

describe("lines as bytes", () => {
  test("come in their order among others, in the file and to who reads along", () => {
    using folder = tempFolder();
    const file = folder.file("log");
    const fd = openSync(file, "w");
    const tap = new Along();
    const output = createOutput({ fd, tap });
    let all = "";
    for (let n = 0; n < 3_000; n++) {
      const line = `${n} ${"é".repeat((n * 577) % 300)}\n`;
      const isLong = n % 1_000 === 999;
      const text = isLong ? `${"long".repeat(60_000)}\n` : line;
      if (isLong || n % 3 === 0) output.write(text);
      else take(output, text);
      all += text;
    }
    output.tell();
    expect(tap.text === all).toBeTrue();
    output.tell();
    output.flushSync();
    closeSync(fd);
    expect(readFileSync(file, "utf8") === all).toBeTrue();
    expect(tap.text === all).toBeTrue();
  });

  test("are written by themselves a little later, and those along are told", async () => {
    using folder = tempFolder();
    const file = folder.file("log");
    const fd = openSync(file, "w");
    const tap = new Along();
    const output = createOutput({ fd, tap });
    take(output, "one\n");
    take(output, "two\n");
    expect(readFileSync(file, "utf8") + tap.text).toBe("");
    await until(() => readFileSync(file, "utf8") !== "");
    expect([readFileSync(file, "utf8"), tap.text]).toEqual(["one\ntwo\n", "one\ntwo\n"]);
    closeSync(fd);
  });

  test("cannot be taken while a pipe is full, and again when it has been read", async () => {
    using folder = tempFolder();
    const pipe = namedPipe(folder);
    const tap = new Along();
    const output = createOutput({ fd: pipe.writer, tap });
    let all = "";
    for (let n = 0; output.taker.isFree; n++) {
      take(output, `${n} ${FILLER}\n`);
      all += `${n} ${FILLER}\n`;
    }
    output.write("text\n");
    all += "text\n";
    expect(tap.text === all).toBeTrue();
    await until(() => pipe.read().length === all.length);
    await until(() => output.taker.isFree);
    take(output, "again\n");
    await until(() => pipe.read() === `${all}again\n`);
    closeSync(pipe.reader);
    closeSync(pipe.writer);
  });

  test("cannot be taken where nobody can be written to, and lines are told all the same", async () => {
    using folder = tempFolder();
    const pipe = namedPipe(folder);
    closeSync(pipe.reader);
    const tap = new Along();
    const output = createOutput({ fd: pipe.writer, tap });
    take(output, "lost\n");
    await until(() => !output.taker.isFree);
    output.write("lost too\n");
    expect(tap.text).toBe("lost\nlost too\n");
    closeSync(pipe.writer);
  });

  test("that are lost are told to who reads along", () => {
    using folder = tempFolder();
    const pipe = namedPipe(folder);
    const tap = new Along();
    const output = createOutput({ fd: pipe.writer, tap, maxPending: 10 });
    expect(output.taker.isFree).toBeFalse();
    output.write("kept\n");
    output.write("not kept\n");
    expect(tap.text).toBe("kept\nnot kept\n");
    output.flushSync(0);
    expect(pipe.read()).toBe("kept\n");
    closeSync(pipe.reader);
    closeSync(pipe.writer);
  });
});
