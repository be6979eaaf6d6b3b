import { test } from "bun:test";
import { renameSync, rmSync, symlinkSync } from "node:fs";
import { fileSource } from "../../../src/upstream/discovery/file.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";
import { follow } from "./support.ts";

const list = (...urls: readonly string[]) => `targets:\n${urls.map((url) => `  - ${url}\n`).join("")}`;
// Events do the work: a look without one would come too late for the tests.
const sourceOf = (folder: TempFolder) => fileSource({ path: folder.file("t.yaml"), settleMs: 5, pollMs: 60_000 });

test("a file is followed when it is rewritten and when it is replaced", async () => {
  using folder = tempFolder();
  folder.write("t.yaml", "targets:\n  - http://a\n  - { url: http://b, weight: 2 }\n");
  await using following = follow(sourceOf(folder));
  await following.waitFor(["http://a", "http://b*2"]);
  folder.write("t.yaml", list("http://c"));
  await following.waitFor(["http://c"]);
  renameSync(folder.write("t.yaml.new", list("http://d")), folder.file("t.yaml"));
  await following.waitFor(["http://d"]);
  folder.write("t.yaml", "targets: []\n");
  await following.waitFor([]);
});

test("a mistake anywhere in it is told with its place, and nothing of the file is used", async () => {
  using folder = tempFolder();
  const file = folder.write("t.yaml", list("http://a"));
  await using following = follow(sourceOf(folder));
  await following.waitFor(["http://a"]);
  folder.write("t.yaml", list("http://b", "10.0.0.1:80"));
  const expected = "expected http://host:port, https://host:port or unix:/path/to.sock: the scheme is missing";
  await following.waitFor(`${file}:3:5 targets[1]: ${expected}; found "10.0.0.1:80" (write http:// in front)`);
  folder.write("t.yaml", "targets: [http://b");
  await following.waitFor(/t\.yaml:\d+:\d+ this is not valid YAML/);
  rmSync(file);
  await following.waitFor(`${file} cannot be read: there is no such file`);
  folder.write("t.yaml", list("http://c"));
  await following.waitFor(["http://c"]);
});

test("links that are swapped, as Kubernetes does, are followed", async () => {
  using folder = tempFolder();
  folder.write("v1/t.yaml", list("http://a"));
  folder.write("v2/t.yaml", list("http://b"));
  symlinkSync("v1", folder.file("..data"));
  symlinkSync("..data/t.yaml", folder.file("t.yaml"));
  await using following = follow(sourceOf(folder));
  await following.waitFor(["http://a"]);
  symlinkSync("v2", folder.file("..data_tmp"));
  renameSync(folder.file("..data_tmp"), folder.file("..data"));
  await following.waitFor(["http://b"]);
});
