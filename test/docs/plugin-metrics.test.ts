import { expect, test } from "bun:test";
import type { Plugin } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";
import { tempFolder } from "../support/temp.ts";
import { blocksOf, PROJECT, readPage } from "./pages.ts";

test("the plugin that docs/plugins.md measures with counts as it says", async () => {
  using folder = tempFolder();
  const [block] = blocksOf(readPage("docs/plugins.md"), "ts").filter(({ text }) =>
    text.includes("// plugins/uploads.ts"),
  );
  const text = block?.text.replace("../src/plugin.ts", `${PROJECT}/src/plugin.ts`) ?? "";
  const { default: uploads } = (await import(folder.write("uploads.ts", text))) as { default: Plugin };
  const t = await testPlugin(uploads);
  await t.request({ method: "POST", body: "12345" });
  await t.request({ method: "POST", body: "123" });
  expect(t.metrics.value("bytes_total", { route: "test" })).toBe(8);
  expect(t.metrics.value("largest_bytes", { route: "test" })).toBe(5);
  expect(t.metrics.distribution("size_bytes", { route: "test" })).toEqual({ count: 2, sum: 8 });
});
