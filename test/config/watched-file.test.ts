import { expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { watchFile } from "../../src/config/watched-file.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

test("a file is told of when it changes, when a link leads elsewhere, and when it comes back changed", async () => {
  using folder = tempFolder();
  folder.write("a", "1");
  folder.write("b", "22");
  const link = folder.file("link");
  symlinkSync(folder.file("a"), link);
  let changes = 0;
  const watched = watchFile(link, async () => void changes++);
  writeFileSync(folder.file("a"), "333");
  await until(() => changes === 1);
  rmSync(link);
  symlinkSync(folder.file("b"), link);
  await until(() => changes > 1);
  watched.close();
  expect(changes).toBe(2);
});

test("what changes right after watching has begun is not missed", async () => {
  using folder = tempFolder();
  const file = folder.write("a", "1");
  let changes = 0;
  const watched = watchFile(file, async () => void changes++);
  writeFileSync(file, "22");
  await until(() => changes > 0);
  watched.close();
  expect(changes).toBe(1);
});
