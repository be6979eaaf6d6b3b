import { expect, test } from "bun:test";
import { briefs } from "./workspace.ts";

const USERS = "services:\n  users: { targets: ['http://127.0.0.1:4001'] }\n";
const routesOf = (...lines: readonly string[]) =>
  briefs(`${USERS}routes:\n${lines.map((line) => `  - ${line}\n`).join("")}`);

test("routes share out their requests in one way", async () => {
  const weighted = "weighted: [{ service: users, weight: 1 }]";
  expect(
    await routesOf(
      "{ path: /a, service: users, sticky: { cookie: v } }",
      "{ path: /b, service: users, force: { header: x-v } }",
      `{ path: /c, ${weighted}, sticky: {} }`,
      `{ path: /d, ${weighted}, sticky: { cookie: v, hash-on: ip } }`,
      "{ path: /e, service: users, canary: { service: users, steps: [50%, 50%, 101%], every: 0s, window: 0s } }",
      "{ path: /f, service: users, canary: { service: user } }",
      `{ path: /g, ${weighted}, canary: { service: users } }`,
      "{ path: /h, canary: { service: users }, plugins: { respond: { status: 204 } } }",
      "{ path: /i, weighted: [{ service: users, weight: 1, variant: a }, { service: users, weight: 1, variant: a }] }",
    ),
  ).toEqual([
    "4:41 routes[0].sticky: there is nothing to stay with: sticky needs weighted or canary",
    "5:40 routes[1].force: there is nothing to choose from: force needs weighted or canary",
    "6:68 routes[2].sticky: expected either cookie or hash-on",
    "7:68 routes[3].sticky: expected either cookie or hash-on",
    "8:52 routes[4].canary.service: this is the service that the canary is compared with",
    "8:72 routes[4].canary.steps[1]: each step is larger than the one before",
    "8:77 routes[4].canary.steps[2]: a share is at most 100%",
    "8:91 routes[4].canary.every: a step lasts longer than 0s",
    "8:103 routes[4].canary.window: a window is longer than 0s",
    '9:52 routes[5].canary.service: expected the name of a service, found "user" (did you mean "users"?)',
    "10:68 routes[6].canary: a route has either weighted or canary",
    "11:25 routes[7].canary: a canary stands beside a service: give service, too",
    "12:82 routes[8].weighted[1].service: this service is here twice",
    "12:109 routes[8].weighted[1].variant: another variant is called a",
  ]);
});
