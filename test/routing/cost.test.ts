import { describe, expect, test } from "bun:test";
import { parsePattern } from "../../src/routing/path-pattern.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { createNode, nodeAt, reach, type TreeNode } from "../../src/routing/tree.ts";
import { requestFor } from "./request.ts";

/** A tree of these patterns, each marked as one that ends there. */
function treeOf(paths: readonly string[]): TreeNode<true> {
  const root = createNode<true>();
  for (const path of paths) {
    const pattern = parsePattern(path);
    if (pattern.kind !== "regex") nodeAt(root, pattern.segments).whole = true;
  }
  return root;
}

/** The nodes that a match visits. */
function steps(root: TreeNode<true>, path: string): number {
  const reached: TreeNode<true>[] = [];
  reach(root, path, reached);
  return reached.length;
}

describe("the cost of a match", () => {
  const routes = (count: number) =>
    Array.from({ length: count }, (_, i) => [`/s${i}/users/:id`, `/s${i}/users/:id/posts/*`, `/s${i}/*`]).flat();

  test("is the same for 10 and for 10,000 routes", () => {
    const few = treeOf(routes(10));
    const many = treeOf(routes(10_000));
    for (const path of ["/s7/users/5", "/s7/users/5/posts/1/2", "/s7/other/way", "/nothing"]) {
      expect(steps(many, path)).toBe(steps(few, path));
    }
    expect(steps(many, "/s7/users/5/posts/1")).toBe(5);
  });

  test("ends where the patterns end, however long the path is", () => {
    const root = treeOf(["/:a/:b/:c", "/x/*", "/:a/y/*"]);
    expect(steps(root, `/x/y${"/z".repeat(10_000)}`)).toBe(steps(root, "/x/y/z/z"));
    expect(steps(root, "/".repeat(10_000))).toBe(1);
  });

  test("is bounded by the patterns that overlap, each visited once", () => {
    const depth = 10;
    const paths = Array.from({ length: 2 ** depth }, (_, bits) =>
      Array.from({ length: depth }, (_, i) => ((bits >> i) & 1 ? "/a" : `/:p${i}`)).join(""),
    );
    expect(steps(treeOf(paths), "/a".repeat(depth))).toBe(2 ** (depth + 1) - 1);
    expect(steps(treeOf(paths), "/b".repeat(depth))).toBe(depth + 1);
    expect(steps(treeOf(paths), `${"/a".repeat(depth)}/more`)).toBe(2 ** (depth + 1) - 1);
  });

  test("does not grow with routes that differ in the values of their conditions", () => {
    let reads = 0;
    const tenant = (value: number) => ({ path: "/x", headers: { tenant: `t${value}` }, value });
    const router = buildRouter(Array.from({ length: 5000 }, (_, value) => tenant(value)));
    const request = requestFor("GET", "/x", { headers: { tenant: "t4321" } });
    const get = request.headers.get.bind(request.headers);
    request.headers.get = (name) => {
      reads++;
      return get(name);
    };
    expect(router.match(request)).toMatchObject({ value: 4321 });
    expect(reads).toBe(1);
  });
});

test("a pattern and a path of 10,000 segments are matched to the end", () => {
  const router = buildRouter([{ path: `/:p${"/a".repeat(9_999)}`, value: 1 }]);
  expect(router.match(requestFor("GET", `/b${"/a".repeat(9_999)}`))).toMatchObject({ value: 1, params: { p: "b" } });
  expect(router.match(requestFor("GET", `/b${"/a".repeat(9_998)}`))).toBeUndefined();
});
