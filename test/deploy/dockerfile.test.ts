import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEPLOY, PROJECT, textOf } from "./files.ts";

const text = textOf("Dockerfile").replaceAll(/\\\n/g, " ");
const stages = text.split(/^(?=FROM )/m).slice(1);
const last = stages.at(-1) ?? "";
const ignored = readFileSync(join(PROJECT, ".dockerignore"), "utf8").split("\n");
const { engines } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));

describe("the Dockerfile", () => {
  test("builds on bases of a version, with the Bun of package.json", () => {
    const bases = stages.map((stage) => /^FROM (\S+)/.exec(stage)?.[1] ?? "");
    for (const base of bases) expect(base).toMatch(/^[\w/.]+:\d+\.\d+/);
    const bun = bases.filter((base) => base.startsWith("oven/bun:"));
    expect(bun.length).toBeGreaterThan(0);
    for (const base of bun) expect(`>=${base.slice("oven/bun:".length).split("-")[0]}`).toBe(engines.bun);
  });

  test("copies files that there are, and that .dockerignore lets through", () => {
    expect(ignored[1]).toBe("*");
    const copies = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = ""]) => files.split(" "));
    expect(copies.length).toBeGreaterThan(5);
    for (const file of copies) {
      expect({ file, isThere: existsSync(join(PROJECT, file)) }).toEqual({ file, isThere: true });
      expect(ignored).toContain(`!${file}`);
    }
  });

  test("ends in an image that runs as nobody, by one program, and tells how it is", () => {
    expect(last).toMatch(/^USER 65532:65532$/m);
    expect(last).toMatch(/^HEALTHCHECK .*CMD \["sluice", "ready"\]$/m);
    expect(last).toMatch(/^ENTRYPOINT \["sluice"\]$/m);
    expect(last).not.toMatch(/^RUN|apt-get|curl/m);
  });

  test("satisfies hadolint, where it is installed", () => {
    const hadolint = Bun.which("hadolint");
    const run = hadolint === null ? undefined : Bun.spawnSync([hadolint, join(DEPLOY, "Dockerfile")]);
    expect(run?.stdout.toString() ?? "").toBe("");
  });
});
