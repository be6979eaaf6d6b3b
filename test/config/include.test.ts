import { describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { matchesOf } from "../../src/config/include.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Problem } from "../../src/config/problem.ts";
import { tempFolder } from "../support/temp.ts";
import { brief, load, lookup } from "./workspace.ts";

const service = (name: string) => `services:\n  ${name}: { targets: ['http://127.0.0.1:4001'] }\n`;
const route = (name: string) => `routes:\n  - { path: /${name}, service: ${name} }\n`;
const team = (name: string) => service(name) + route(name);

const located = (problem: Problem) => `${problem.file}:${brief(problem)}`;

describe("include", () => {
  test("adds the services and routes of other files, those of the main file first", async () => {
    const result = await load({
      "gateway.yaml": `include: [teams/*.yaml, more.yaml]\n${team("main")}`,
      "teams/b.yaml": team("b"),
      "teams/a.yaml": team("a"),
      "teams/notes.txt": "not yaml: [",
      "more.yaml": team("more"),
    });
    if (!result.ok) throw new Error(result.problems.map(located).join("\n"));
    expect(Object.keys(result.config.services)).toEqual(["main", "a", "b", "more"]);
    expect(result.config.routes.map(({ path }) => path)).toEqual(["/main", "/a", "/b", "/more"]);
    expect(
      result.files.map((file) =>
        file
          .split("/")
          .slice(-2)
          .join("/")
          .replace(/^sluice-.*\//, ""),
      ),
    ).toEqual(["gateway.yaml", "teams/a.yaml", "teams/b.yaml", "more.yaml"]);
  });

  test("takes links to files, as a ConfigMap has them, and no folder", () => {
    using folder = tempFolder();
    folder.write("..1/a.yaml", team("a"));
    folder.write("d.yaml/b.yaml", team("b"));
    symlinkSync("..1/a.yaml", join(folder.path, "a.yaml"));
    expect(matchesOf({ folder: folder.path, pattern: "*.yaml" })).toEqual([join(folder.path, "a.yaml")]);
    expect(matchesOf({ folder: join(folder.path, "gone"), pattern: "*.yaml" })).toEqual([]);
  });

  test("takes a file once, and passes over the main file", async () => {
    const result = await load({ "gateway.yaml": `include: ["*.yaml", a.yaml]\n${team("main")}`, "a.yaml": team("a") });
    expect(result.ok && result.config.routes.map(({ path }) => path)).toEqual(["/main", "/a"]);
  });

  test("a pattern may lead out of the folder", async () => {
    using folder = tempFolder();
    folder.write("main/gateway.yaml", `include: [../teams/*.yaml]\n${team("main")}`);
    folder.write("teams/a.yaml", team("a"));
    const options = { env: {}, plugins: lookup, directory: folder.path };
    const result = await loadConfig("main/gateway.yaml", options);
    expect(result.ok && Object.keys(result.config.services)).toEqual(["main", "a"]);
  });

  test("problems are told at their own file, in the order of the files", async () => {
    const { problems } = await load({
      "gateway.yaml": `include: [teams/*.yaml]\n${team("main")}log: { levle: info }\n`,
      "teams/a.yaml": "routes:\n  - { path: /a, servce: main }\n",
      "teams/b.yaml": "routes:\n  - { path: /b, service: mian }\n",
    });
    expect(problems.map(located)).toEqual([
      'gateway.yaml:6:8 log.levle: unknown key "levle" (did you mean "level"?)',
      'teams/a.yaml:2:17 routes[0].servce: unknown key "servce" (did you mean "service"?)',
      'teams/b.yaml:2:26 routes[0].service: expected the name of a service, found "mian" (did you mean "main"?)',
    ]);
  });

  test("what is the gateway's as a whole stays in the main file", async () => {
    const { problems } = await load({
      "gateway.yaml": `include: [a.yaml]\n${team("main")}`,
      "a.yaml": "include: [b.yaml]\nplugins: {}\nlisten: {}\n",
    });
    expect(problems.map(located)).toEqual([
      'a.yaml:1:1 include: unknown key "include" (what may be here: services, routes)',
      'a.yaml:2:1 plugins: unknown key "plugins" (what may be here: services, routes)',
      'a.yaml:3:1 listen: unknown key "listen" (what may be here: services, routes)',
    ]);
  });

  test("a service that is defined twice names both places", async () => {
    const { problems } = await load({
      "gateway.yaml": `include: [a.yaml]\n${team("main")}`,
      "a.yaml": service("main"),
    });
    expect(problems.map(located)).toEqual([
      'a.yaml:2:3 services.main: the service "main" is defined already, at gateway.yaml:3',
    ]);
  });

  test("a file that is not there is a problem, a pattern that matches nothing a warning", async () => {
    const { ok, problems } = await load({
      "gateway.yaml": `include: [nope.yaml, "no/*.yaml", gateway.yaml]\n${team("main")}`,
    });
    expect(ok).toBeFalse();
    expect(problems.map((problem) => `${problem.severity} ${brief(problem)}`)).toEqual([
      'error 1:11 include[0]: cannot include "nope.yaml": there is no such file',
      'warning 1:22 include[1]: no file matches "no/*.yaml"',
      'error 1:35 include[2]: cannot include "gateway.yaml": it is this file',
    ]);
  });

  test("a broken file is not blamed on those that need it, or that it needs", async () => {
    const { problems } = await load({
      "gateway.yaml": `include: [a.yaml]\n${service("spare")}${route("users")}`,
      "a.yaml": "services: [\n",
    });
    expect(problems.map(({ file }) => file)).toEqual(["a.yaml"]);
    const unused = await load({ "gateway.yaml": `include: [a.yaml]\n${service("users")}`, "a.yaml": "routes: [\n" });
    expect(unused.problems.map(({ file }) => file)).toEqual(["a.yaml"]);
  });

  test("paths in a file are relative to it", async () => {
    const files = {
      "gateway.yaml": `include: [teams/*.yaml]\n${service("users")}`,
      "teams/a.yaml":
        "routes:\n  - { path: '${file:path.txt}', service: users, plugins: { slow: { key: ./key.pem } } }\n",
      "teams/path.txt": "/users\n",
      "teams/key.pem": "x",
    };
    const result = await load(files);
    if (!result.ok) throw new Error(result.problems.map(located).join("\n"));
    expect(result.config.routes[0]?.path).toBe("/users");
    expect(result.config.routes[0]?.plugins).toEqual({
      slow: { after: 1000, key: expect.stringMatching(/\/teams\/key\.pem$/) },
    });
  });
});
