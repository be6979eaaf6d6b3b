import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { readDataFile } from "../../src/config/data-file.ts";
import { Duration } from "../../src/config/units.ts";
import { tempFolder } from "../support/temp.ts";

const SCHEMA = Type.Object({
  items: Type.Array(Type.Object({ name: Type.String(), wait: Duration({ default: "1s" }) })),
});

async function read(text: string | undefined, check?: Parameters<typeof readDataFile<typeof SCHEMA>>[3]) {
  using folder = tempFolder();
  if (text !== undefined) folder.write("sub/data.yaml", text);
  return await readDataFile(folder.file("sub/data.yaml"), SCHEMA, folder.path, check).catch(String);
}

describe("a plugin's file", () => {
  test("is decoded like the configuration", async () => {
    expect(await read("items: [{ name: a }, { name: b, wait: 2m }]")).toEqual({
      items: [
        { name: "a", wait: 1_000 },
        { name: "b", wait: 120_000 },
      ],
    });
  });

  test("is refused with every problem at its place", async () => {
    const text = "items:\n  - { nam: a }\n  - { name: 1, wait: soon }\n";
    expect(await read(text)).toBe(`Error: sub/data.yaml:2:7 error items[0].nam: unknown key "nam"
      did you mean "name"?
  sub/data.yaml:3:13 error items[1].name: expected text, found the number 1
      write it in quotes: "1"
  sub/data.yaml:3:22 error items[1].wait: expected a duration such as 250ms, 30s, 5m, 1h or 7d, found "soon"`);
  });

  test("that is not there, or no YAML, is refused", async () => {
    expect(await read(undefined)).toBe("Error: sub/data.yaml: error cannot be read: there is no such file");
    expect(await read("items: [")).toContain("sub/data.yaml:1:");
  });

  test("is looked at by its plugin, whose problems have places too", async () => {
    const found = await read("items:\n  - name: a\n  - name: b\n", ({ items }) =>
      items.map((_, i) => ({ path: ["items", i, "name"], message: `no. ${i}` })),
    );
    expect(found).toBe(
      "Error: sub/data.yaml:2:11 error items[0].name: no. 0\n  sub/data.yaml:3:11 error items[1].name: no. 1",
    );
  });
});
