import { describe, expect, test } from "bun:test";
import { briefs } from "./workspace.ts";

const USERS = "services:\n  users: { targets: ['http://127.0.0.1:4001'] }\n";
const ROUTE = "routes:\n  - { path: /users, service: users }\n";

describe("times", () => {
  const service = (timeouts: string) =>
    briefs(`services: { users: { targets: ['http://127.0.0.1:1'], timeouts: { ${timeouts} } } }\n${ROUTE}`);
  const listener = (timeouts: string) => briefs(`listen: { timeouts: { ${timeouts} } }\n${USERS}${ROUTE}`);

  test.each(["header", "body", "send", "keep-alive"])("%s of a listener is not 0", async (key) => {
    expect(await listener(`${key}: 0s`)).toEqual([
      expect.stringContaining(`listen.timeouts.${key}: nothing can be done in no time (for example `),
    ]);
    expect(await listener(`${key}: 1ms`)).toEqual([]);
  });

  test.each(["connect", "pool", "response", "idle", "total"])("%s of a service is not 0", async (key) => {
    expect(await service(`${key}: 0s`)).toEqual([
      expect.stringContaining(`services.users.timeouts.${key}: nothing can be done in no time (for example `),
    ]);
    expect(await service(`${key}: 1ms`)).toEqual([]);
  });

  test("that nobody has to wait may be 0", async () => {
    expect(await listener("drain: 0s")).toEqual([]);
    expect(await briefs(`shutdown-delay: 0s\n${USERS}${ROUTE}`)).toEqual([]);
  });
});
