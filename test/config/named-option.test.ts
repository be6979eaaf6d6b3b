import { expect, test } from "bun:test";
import { parseDocumentText } from "../../src/config/document.ts";
import { below, pathText } from "../../src/config/key-path.ts";
import { namedOption } from "../../src/config/named-option.ts";
import { createSource, positionOf } from "../../src/config/source.ts";

const TEXT = `items:
  - { name: a }
  - { name: b }
users:
  ada: plain
limit: 5
`;

/** Line, column and path of what a fault names. */
function place(message: string): string | undefined {
  const { root } = parseDocumentText(createSource("a.yaml", "/a.yaml", TEXT));
  if (root === undefined) throw new Error("not valid");
  const at = namedOption(message, root, below(undefined, "plugins", "deep"));
  if (at === undefined) return undefined;
  const { line, column } = positionOf(at.node);
  return `${line}:${column} ${pathText(at.path)}`;
}

test.each([
  ["plugin deep: limit: is too small", "6:8 plugins.deep.limit"],
  ["plugin deep: items[1].name: is there twice", "3:13 plugins.deep.items[1].name"],
  ["plugin ./deep.ts: users.ada: expected a hash", "5:8 plugins.deep.users.ada"],
])("a fault that shows when a plugin is set up has the place of the option that it names: %s", (message, at) => {
  expect(place(message)).toBe(at);
});

test.each([
  ["plugin deep: items[1].size: is missing", "3:5 plugins.deep.items[1]"],
  ["plugin deep: items[7].name: is not there", "2:3 plugins.deep.items"],
  ["plugin deep: limit.most: is not there", "6:8 plugins.deep.limit"],
])("or of as much of the way there as is written: %s", (message, at) => {
  expect(place(message)).toBe(at);
});

test.each([
  "plugin deep: window: is missing",
  "plugin deep: expected a key: limit or items",
  "plugin deep: constructor: is no option",
  "limit: is no plugin's fault",
  "plugin deep:",
  "",
])("and none if it names no option that is written: %p", (message) => {
  expect(place(message)).toBeUndefined();
});
