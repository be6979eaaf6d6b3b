import { expect, test } from "bun:test";
import { documentOf, startDocumented, tagged } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { pathsOf, publishing, refresh, untilStates } from "../support/published.ts";

/** The document, with a query parameter that must be a number. */
function withParameter(name: string) {
  const page = { name: "page", in: "query", required: true, schema: { type: "integer" } };
  const document = structuredClone(documentOf("users")) as { paths: Record<string, { get: Record<string, unknown> }> };
  const operation = document.paths["/users"]?.get;
  if (operation !== undefined) operation.parameters = [{ ...page, name }];
  return document;
}

test("requests are held against the document that the service publishes, and against the next one when that is there", async () => {
  await using users = startDocumented("users", { answer: tagged(withParameter("page"), '"v1"') });
  const plugins = "plugins: { validate: { requests: enforce } }";
  await using gateway = await startGateway(publishing({ users: users.url }, "refresh: 1h", plugins));
  const status = async (query: string) => (await fetch(`http://127.0.0.1:${gateway.port}/api/users${query}`)).status;
  await untilStates(gateway, { users: "fresh" });
  expect([await status("?page=1"), await status("?page=one"), await status("")]).toEqual([200, 422, 422]);
  users.answer = tagged(withParameter("size"), '"v2"');
  await refresh(gateway);
  expect([await status("?size=1"), await status("?size=x"), await status("?page=1")]).toEqual([200, 422, 422]);
  // A service that is gone for a moment does not take its document away.
  users.answer = () => new Response("no", { status: 500 });
  await refresh(gateway);
  expect(await status("?size=x")).toBe(422);
});

test("a reload loses no document: neither what is published nor what requests are held against", async () => {
  await using users = startDocumented("users", { answer: tagged(withParameter("page"), '"v1"') });
  const plugins = "plugins: { validate: { requests: enforce } }";
  await using gateway = await startGateway(publishing({ users: users.url }, "refresh: 1h", plugins));
  await untilStates(gateway, { users: "fresh" });
  const before = await pathsOf(gateway);
  // The service is gone when the gateway begins anew.
  users.answer = () => new Response("no", { status: 503 });
  const reloaded = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/reload`, { method: "POST" });
  expect(reloaded.status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${gateway.port}/api/users?page=one`)).status).toBe(422);
  expect(await pathsOf(gateway)).toEqual(before);
  await untilStates(gateway, { users: "stale" });
  expect(await pathsOf(gateway)).toEqual(before);
});
