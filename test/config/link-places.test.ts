import { afterEach, beforeEach, expect, test } from "bun:test";
import { realpathSync, symlinkSync } from "node:fs";
import { placesOf } from "../../src/config/link-places.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

let folder: TempFolder;
/** Without links of its own. */
let root: string;

beforeEach(() => {
  folder = tempFolder();
  root = realpathSync(folder.path);
});
afterEach(() => folder.remove());

const places = (file: string) =>
  Object.fromEntries([...placesOf(`${root}/${file}`)].map(([at, names]) => [at.replace(root, "."), [...names]]));

test("a file is in its folder, also one that is not there", () => {
  folder.write("a/file", "");
  expect(places("a/file")).toEqual({ "./a": ["file"] });
  expect(places("none/file")).toEqual({ "./none": ["file"] });
});

test("every link on the way counts, whether it is a folder or the file", () => {
  folder.write("real/file", "");
  symlinkSync("real", folder.file("folder"));
  symlinkSync("../folder/file", folder.file("real/link"));
  expect(places("folder/link")).toEqual({ ".": ["folder"], "./real": ["link", "file"] });
});

test("a link that leads nowhere is followed to where the file would be", () => {
  symlinkSync("../none/file", folder.file("link"));
  expect(placesOf(`${root}/link`)).toEqual(
    new Map([
      [root, new Set(["link"])],
      [`${root}/../none`.replace(/[^/]+\/\.\.\//, ""), new Set(["file"])],
    ]),
  );
});

test("links that lead to each other end", () => {
  symlinkSync("two", folder.file("one"));
  symlinkSync("one", folder.file("two"));
  expect(places("one")).toEqual({ ".": ["one", "two"] });
});

test("what is below the root is found", () => {
  expect([...placesOf("/hosts")]).toEqual([["/", new Set(["hosts"])]]);
});
