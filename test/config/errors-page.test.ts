import { describe, expect, test } from "bun:test";
import { ERROR_NOTES } from "../../src/config/error-notes.ts";
import { errorsPage } from "../../src/config/errors-page.ts";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { sourceFiles } from "../architecture/source.ts";

const codes = Object.keys(ERRORS) as ErrorCode[];
const page = errorsPage();

describe("docs/errors.md", () => {
  test.each(codes)("%s has a row and a section", (code) => {
    const { status, title } = ERRORS[code];
    expect(page).toContain(`| [\`${code}\`](#${code}) | ${status} | `);
    expect(page).toContain(` | ${title} |\n`);
    const section = page.split(`\n### ${code}\n`)[1]?.split("\n### ")[0] ?? "";
    expect(section).toStartWith(`\nStatus ${status}; to blame is the `);
    expect(section.replace(/\s+/g, " ")).toContain(
      `**When.** ${ERROR_NOTES[code].when} **Look at.** ${ERROR_NOTES[code].look}`,
    );
  });

  test("goes by the status", () => {
    const statuses = [...page.matchAll(/^Status (\d+)/gm)].map(([, status]) => Number(status));
    expect(statuses).toEqual(codes.map((code) => ERRORS[code].status).sort((a, b) => a - b));
  });

  test("has a reply of each format, with the members of that format alone", () => {
    const replies = [...page.matchAll(/^```http\n(.*?)\n\n(.*?)^```/gms)].map(([, head = "", json = ""]) => ({
      type: /content-type: (.*)/.exec(head)?.[1],
      members: Object.keys(JSON.parse(json)),
    }));
    expect(replies).toEqual([
      { type: "application/problem+json", members: ["type", "title", "status", "detail", "code", "requestId"] },
      { type: "application/json", members: ["success", "message", "code", "requestId"] },
    ]);
  });

  test("has no line of text that is longer than the others, but for tables", () => {
    const lines = page.split("\n").filter((line) => !line.startsWith("|"));
    expect(lines.filter((line) => line.length > 125)).toEqual([]);
  });

  test("leaves to plugins what the core never raises, and nothing else", async () => {
    const files = (await sourceFiles("src")).filter(
      ({ path }) => !/^src\/(?:errors\.ts$|admin\/|identity\/|testing|config\/error)/.test(path),
    );
    const raised = codes.filter((code) => files.some(({ text }) => text.includes(`"${code}"`)));
    expect(raised).toEqual(codes.filter((code) => ERROR_NOTES[code].isFromPlugins !== true));
  });
});
