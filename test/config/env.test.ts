import { describe, expect, test } from "bun:test";
import { parseDocumentText } from "../../src/config/document.ts";
import { type Environment, replaceVariables } from "../../src/config/env.ts";
import { toValue } from "../../src/config/node.ts";
import type { Problem } from "../../src/config/problem.ts";
import { createSource } from "../../src/config/source.ts";
import { tempFolder } from "../support/temp.ts";
import { brief } from "./workspace.ts";

function replace(text: string, env: Environment = {}, path = "/a.yaml") {
  const { root } = parseDocumentText(createSource("a.yaml", path, text));
  if (root === undefined) throw new Error("the text is not YAML");
  const problems: Problem[] = [];
  const replaced = replaceVariables(root, env, problems);
  return { root: replaced, value: toValue(replaced), problems: problems.map(brief) };
}

describe("replaceVariables", () => {
  test("replaces a variable, several of them, and parts of a text", () => {
    const { value } = replace('a: ${A}\nb: ["x-${A}-${B}", { c: "${B}" }]\n', { A: "one", B: "two" });
    expect(value).toEqual({ a: "one", b: ["x-one-two", { c: "two" }] });
  });

  test("a value is never parsed again", () => {
    const env = { A: "x: 1\n- ${B}", B: "two" };
    expect(replace("a: ${A}\n", env).value).toEqual({ a: "x: 1\n- ${B}" });
  });

  test("keys are left alone", () => {
    expect(replace('"${A}": 1\n', { A: "x" }).value).toEqual({ "${A}": 1 });
  });

  test("defaults stand in for what is not set or empty", () => {
    const text = "a: ${A:-http://localhost:1}\nb: ${B:-x}\nc: ${C:-x}\nd: ${A:-}\n";
    expect(replace(text, { B: "", C: "set" }).value).toEqual({ a: "http://localhost:1", b: "x", c: "set", d: "" });
  });

  test("a variable that is empty is set", () => {
    expect(replace("a: ${A}\n", { A: "" })).toMatchObject({ value: { a: "" }, problems: [] });
  });

  test("every variable that is not set is a problem", () => {
    const { problems } = replace('a: ${PROT}\nb: ["${B}"]\nc: ${C:?where the users are}\nd: ${D:?}\n', {
      PORT: "1",
      D: "",
    });
    expect(problems).toEqual([
      '1:4 a: the variable PROT is not set (did you mean "PORT"?)',
      "2:5 b[0]: the variable B is not set (set it, or give a default: ${B:-default})",
      "3:4 c: the variable C is not set: where the users are",
      "4:4 d: the variable D is not set: it is required",
    ]);
  });

  test("inherited properties of the environment object are no variables", () => {
    expect(replace("a: ${constructor}\n", Object.create(null)).problems).toHaveLength(1);
    expect(replace("a: ${constructor}\n", {}).problems).toHaveLength(1);
  });

  test("$${ is a plain ${, and a lone $ is a $", () => {
    const { value } = replace("a: $${A}\nb: $1 and $<name>\nc: x$${A}${A}\nd: ~^/v[12]$\n", { A: "one" });
    expect(value).toEqual({ a: "${A}", b: "$1 and $<name>", c: "x${A}one", d: "~^/v[12]$" });
  });

  test("what is not understood is a problem", () => {
    expect(replace("a: ${}\nb: ${1A}\nc: ${A:+x}\nd: ${A\n", { A: "one" }).problems).toEqual(
      ["1:4 a: ${}", "2:4 b: ${1A}", "3:4 c: ${A:+x}"]
        .map(
          (start) =>
            `${start} is not understood: expected \${NAME}, \${NAME:-default}, \${NAME:?message} or \${file:PATH} (for a plain \${ write $\${)`,
        )
        .concat("4:4 d: a reference has no closing } (for a plain ${ write $${)"),
    );
  });

  test("remembers what was replaced, so that nobody shows it", () => {
    const { root } = replace("${A}x${B:-b}", { A: "one" });
    expect(root).toMatchObject({ value: "onexb", variables: ["${A}", "${B:-b}"], isBroken: false });
  });

  test("reads a file, without its last line end", () => {
    using folder = tempFolder();
    folder.write("secrets/token", "s3cret\n");
    folder.write("two", "one\n\n");
    const { value, problems } = replace("a: ${file:secrets/token}\nb: x${file:./two}\n", {}, folder.file("a.yaml"));
    expect({ value, problems }).toEqual({ value: { a: "s3cret", b: "xone\n" }, problems: [] });
  });

  test("a file that cannot be read is a problem", () => {
    using folder = tempFolder();
    folder.write("large", new Uint8Array(1_048_577));
    const text = "a: ${file:nope}\nb: ${file:.}\nc: ${file:large}\n";
    expect(replace(text, {}, folder.file("a.yaml")).problems).toEqual([
      "1:4 a: cannot read nope: there is no such file",
      "2:4 b: cannot read .: it is a folder",
      "3:4 c: cannot read large: it is larger than 1mb",
    ]);
  });
});
