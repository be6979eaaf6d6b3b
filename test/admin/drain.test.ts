import { describe, expect, test } from "bun:test";
import { SHOP, startTestAdmin } from "./setup.ts";

const [users] = SHOP.services();
const [first] = users?.targets ?? [];
if (users === undefined || first === undefined) throw new Error("there is a service with a target");
const other = { ...first, url: "http://127.0.0.1:4002" };

/** Targets of `users` as the admin port sees them. */
const withTargets = (...targets: readonly object[]) => ({
  services: () => [{ ...users, targets: targets.map((target) => ({ ...first, ...target })) }],
});
const TWO = withTargets(first, other);

async function send(view: Parameters<typeof startTestAdmin>[0], body: unknown, method = "POST") {
  await using admin = startTestAdmin(view);
  const response = await fetch(`http://127.0.0.1:${admin.port}/api/drain`, {
    method,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const list = (await (await admin.get("/api/drain")).json()) as { drained: readonly object[] };
  return { status: response.status, body: await response.json(), drained: list.drained, logs: admin.logs };
}

describe("draining a target", () => {
  test("notes it, says so in the log, and is done once", async () => {
    await using admin = startTestAdmin(TWO);
    const post = () =>
      fetch(`http://127.0.0.1:${admin.port}/api/drain`, {
        method: "POST",
        body: JSON.stringify({ service: "users", target: "http://127.0.0.1:4001/" }),
      });
    const expected = { service: "users", target: first.url, isDrained: true, isShared: false };
    expect(await (await post()).json()).toEqual(expected);
    expect(await (await post()).json()).toEqual(expected);
    expect(await (await admin.get("/api/drain")).json()).toEqual({
      drained: [{ service: "users", target: first.url, since: expect.stringMatching(/^\d{4}-/) }],
      isShared: false,
    });
    const lines = admin.logs.filter((line) => line.includes("a target is drained"));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "info", service: "users", target: first.url },
    ]);
  });

  test.each([
    ["not JSON", "{", "The body is no JSON"],
    ["nothing", "", "The body is no JSON"],
    ["a text", '"users"', "Expected {"],
    ["null", "null", "Expected {"],
    ["no target", { service: "users" }, "Expected {"],
    ["a number", { service: "users", target: 1 }, "Expected {"],
    ["a key misspelled", { service: "users", targt: first.url }, 'found "targt": did you mean "target"?'],
    ["a force that is none", { service: "users", target: first.url, force: "yes" }, "force: expected true or false"],
  ])("%s is malformed", async (_, body, detail) => {
    for (const method of ["POST", "DELETE"]) {
      const answer = await send(TWO, body, method);
      expect(answer).toMatchObject({ status: 400, body: { code: "bad_request" }, drained: [] });
      expect(answer.body).toMatchObject({ detail: expect.stringContaining(detail) });
    }
  });

  test.each([
    [{ service: "usres", target: first.url }, 'There is no service "usres": did you mean "users"?'],
    [{ service: "x", target: first.url }, 'There is no service "x"'],
    [
      { service: "users", target: "http://127.0.0.1:4003" },
      'Service "users" has no target "http://127.0.0.1:4003": did you mean "http://127.0.0.1:4001"?',
    ],
  ])("%j is not found, with the nearest name", async (body, detail) => {
    for (const method of ["POST", "DELETE"]) {
      expect(await send(TWO, body, method)).toMatchObject({ status: 404, body: { detail }, drained: [] });
    }
  });

  test.each([
    ["the only one", withTargets(first)],
    ["the only healthy one", withTargets(first, { ...other, state: { isHealthy: false } })],
    ["the only one with a weight", withTargets(first, { ...other, weight: 0 })],
    ["the last that is not drained", withTargets(first, { ...other, state: { isHealthy: true, isDrained: true } })],
  ])("%s needs force", async (_, view) => {
    const order = { service: "users", target: first.url };
    const refused = await send(view, order);
    expect(refused).toMatchObject({ status: 422, body: { code: "validation_failed" }, drained: [] });
    expect(refused.body).toMatchObject({ detail: expect.stringContaining('is the last usable target of "users"') });
    expect(await send(view, { ...order, force: false })).toMatchObject({ status: 422, drained: [] });
    expect(await send(view, { ...order, force: true })).toMatchObject({ status: 200, drained: [order] });
  });

  test("one that is not drained is given back without a word", async () => {
    const answer = await send(TWO, { service: "users", target: first.url }, "DELETE");
    expect(answer).toMatchObject({ status: 200, body: { isDrained: false }, drained: [] });
    expect(answer.logs.join()).not.toContain("a drained target gets requests again");
  });
});
