import { expect, test } from "bun:test";
import { DIFFERENCES } from "../support/differences.ts";
import { readPage, sectionOf } from "./pages.ts";

test("docs/listeners.md has the differences of HTTP/2 and HTTP/3 that the tests know, and no others", () => {
  const [, list = ""] = sectionOf(readPage("docs/listeners.md"), "HTTP/2 and HTTP/3").split("as it came:\n");
  const [common = ""] = list.split("HTTP/3 alone");
  const lines = [...common.matchAll(/^- (.*)\.$/gm)].map(([, line = ""]) => line);
  expect(lines).toEqual(Object.values(DIFFERENCES));
});
