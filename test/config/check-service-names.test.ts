import { expect, test } from "bun:test";
import { briefs, problemsOf } from "./workspace.ts";

const SERVICES = "services: { users: { targets: ['http://a.test'] }, spare: { targets: ['http://b.test'] } }\n";

/** A file whose plugins are these, on the route. */
const withPlugin = (options: string) =>
  `${SERVICES}routes:\n  - { path: /a, service: users, plugins: { copies: ${options} } }\n`;

test("a service that a plugin names is in use", async () => {
  expect(await briefs(withPlugin("{}"))).toEqual([expect.stringContaining('no route uses the service "spare"')]);
  expect(await briefs(withPlugin("{ to: spare }"))).toEqual([]);
  expect(await briefs(withPlugin("{ also: [false, { service: spare }] }"))).toEqual([]);
});

test("one that is not there is a mistake at its place, with the nearest name", async () => {
  expect(await briefs(withPlugin("{ to: spaer }"))).toContain(
    '3:58 routes[0].plugins.copies.to: expected the name of a service, found "spaer" (did you mean "spare"?)',
  );
  const inList = await briefs(withPlugin("{ also: [{ service: nobody }] }"));
  expect(inList).toContainEqual(
    expect.stringContaining(
      'copies.also[0].service: expected the name of a service, found "nobody" (there are users, spare)',
    ),
  );
});

test("it is found in every place where a plugin may be", async () => {
  const service = "users: { targets: ['http://a.test'], plugins: { copies: { to: y } } }";
  const text = `plugins: { copies: { to: x } }\nservices: { ${service} }\nroutes: [{ path: /a, service: users }]\n`;
  expect((await briefs(text)).filter((problem) => problem.includes("expected the name"))).toEqual([
    expect.stringContaining('plugins.copies.to: expected the name of a service, found "x"'),
    expect.stringContaining('services.users.plugins.copies.to: expected the name of a service, found "y"'),
  ]);
});

test("what is no text is a mistake of its kind, once", async () => {
  const problems = await problemsOf(withPlugin("{ to: 7 }"));
  const told = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
  expect(told).toEqual(["expected the name of a service, found the number 7"]);
});

test("a value of a variable is not shown", async () => {
  const text = withPlugin('{ to: "${WHERE:-spaer}" }');
  const [problem] = (await problemsOf(text)).filter(({ severity }) => severity === "error");
  expect(problem?.message).toBe("expected the name of a service, found the value of ${WHERE:-spaer}");
  expect(problem?.hint).toBeUndefined();
});
