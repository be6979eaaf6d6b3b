import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { type Watching, watchFiles } from "../../src/config/file-watch.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

/** No look without an event within a test. */
const NO_POLL = { settleMs: 5, pollMs: 1_000_000 };
let folder: TempFolder;
let watching: Watching;
let calls = 0;

const watch = (file: string, options = NO_POLL) => {
  calls = 0;
  const onChange = async () => void calls++;
  watching = watchFiles([file], onChange, options);
};
const called = (times = 1) => until(() => calls >= times, { what: () => `it was called, ${calls} times so far` });

beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => {
  watching.stop();
  folder.remove();
});

test("tells of a file that is written, replaced, removed and there again", async () => {
  const file = folder.write("tls.crt", "a");
  watch(file);
  folder.write("tls.crt", "b");
  await called();
  calls = 0;
  renameSync(folder.write("new", "c"), file);
  await called();
  calls = 0;
  rmSync(file);
  await called();
  calls = 0;
  folder.write("tls.crt", "d");
  await called();
});

test("tells of files that are links into what a link points to, as those of Kubernetes", async () => {
  folder.write("one/tls.crt", "a");
  folder.write("two/tls.crt", "b");
  symlinkSync("one", folder.file("..data"));
  symlinkSync("..data/tls.crt", folder.file("tls.crt"));
  watch(folder.file("tls.crt"));
  symlinkSync("two", folder.file("..next"));
  renameSync(folder.file("..next"), folder.file("..data"));
  await called();
});

test("says nothing of the other files of the folder", async () => {
  const file = folder.write("tls.crt", "a");
  watch(file);
  folder.write("access.log", "a line");
  folder.write("tls.crt", "b");
  await called();
  calls = 0;
  folder.write("access.log", "another line");
  watching.again(50);
  await called();
  expect(calls).toBe(1);
});

test("looks now and then without an event", async () => {
  watch(folder.file("none/tls.crt"), { settleMs: 5, pollMs: 10 });
  await called(3);
});

test("tells of a folder on the way that is a link, and then leads elsewhere", async () => {
  folder.write("old/tls.crt", "a");
  symlinkSync("old", folder.file("certs"));
  watch(folder.file("certs/tls.crt"));
  folder.write("new/tls.crt", "b");
  rmSync(folder.file("certs"));
  symlinkSync("new", folder.file("certs"));
  await called();
  calls = 0;
  folder.write("new/tls.crt", "c");
  await called();
});

test("tells of a file that a link in another folder leads to, over other links", async () => {
  const file = folder.write("real/tls.crt", "a");
  mkdirSync(folder.file("seen"));
  symlinkSync("../between", folder.file("seen/tls.crt"));
  symlinkSync(file, folder.file("between"));
  watch(folder.file("seen/tls.crt"));
  folder.write("real/tls.crt", "b");
  await called();
  calls = 0;
  symlinkSync(folder.write("elsewhere/x.crt", "c"), folder.file("next"));
  renameSync(folder.file("next"), folder.file("between"));
  await called();
  calls = 0;
  folder.write("elsewhere/x.crt", "d");
  await called();
  // What it has led to before is of no interest any more.
  calls = 0;
  folder.write("real/tls.crt", "e");
  watching.again(50);
  await called();
  expect(calls).toBe(1);
});

test("at its next look watches the folder that has taken the place of another", async () => {
  folder.write("certs/tls.crt", "a");
  watch(folder.file("certs/tls.crt"));
  renameSync(folder.file("certs"), folder.file("old"));
  mkdirSync(folder.file("certs"));
  watching.again(0);
  await called();
  calls = 0;
  folder.write("certs/tls.crt", "b");
  await called();
});

test("does not call while a call is pending, nor after it was stopped", async () => {
  const file = folder.write("tls.crt", "a");
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  calls = 0;
  const onChange = async () => {
    calls++;
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
  };
  watching = watchFiles([file], onChange, { settleMs: 1, pollMs: 5 });
  await called();
  folder.write("tls.crt", "b");
  await Bun.sleep(30);
  expect(calls).toBe(1);
  gate.resolve();
  await called(2);
  expect(most).toBe(1);
  watching.stop();
  calls = 0;
  folder.write("tls.crt", "c");
  await Bun.sleep(30);
  expect(calls).toBe(0);
});
