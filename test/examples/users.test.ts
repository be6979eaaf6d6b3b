import { expect, test } from "bun:test";
import { createUsers } from "../../examples/shop/users.ts";
import { refusal, testedService } from "./service.ts";

test("users are listed in pages and found by a part of their name", async () => {
  await using service = testedService(createUsers());
  expect(await (await service.get("/users?page=2&size=2")).json()).toEqual({
    items: [{ id: 3, name: "Grace Hopper", email: "grace@example.com" }],
    page: 2,
    size: 2,
    total: 3,
  });
  expect(await (await service.get("/users?name=TURING")).json()).toMatchObject({ total: 1, items: [{ id: 2 }] });
  expect(await (await service.get("/users?page=9")).json()).toMatchObject({ total: 3, items: [] });
  for (const query of ["page=0", "size=0", "size=101", "page=x"]) {
    await refusal(await service.get(`/users?${query}`), 422);
  }
});

test("a user is added, shown, changed and removed", async () => {
  await using service = testedService(createUsers());
  const added = await service.send("POST", "/users", { name: "Mary", email: "mary@example.com" });
  expect(added.status).toBe(201);
  expect(await added.json()).toEqual({ id: 4, name: "Mary", email: "mary@example.com" });
  const location = added.headers.get("location") ?? "";
  expect(new URL(location, `${service.url}/users`).pathname).toBe("/users/4");
  expect(await (await service.get("/users/4")).json()).toMatchObject({ name: "Mary" });

  expect(await (await service.send("PATCH", "/users/4", { name: "M." })).json()).toEqual({
    id: 4,
    name: "M.",
    email: "mary@example.com",
  });
  expect((await service.send("DELETE", "/users/4")).status).toBe(204);
  expect(await refusal(await service.send("DELETE", "/users/4"), 404)).toBe("There is no user 4.");
  expect(await refusal(await service.get("/users/4"), 404)).toBe("There is no user 4.");
  expect(await refusal(await service.send("PATCH", "/users/4", { name: "M." }), 404)).toContain("user 4");

  const next = await service.send("POST", "/users", { name: "Next", email: "next@example.com" });
  expect(await next.json()).toMatchObject({ id: 5 });
});

test("what is not valid is refused in words", async () => {
  await using service = testedService(createUsers());
  expect(await refusal(await service.send("POST", "/users", { name: "X", email: "nowhere" }), 422)).toContain("/email");
  expect(await refusal(await service.send("POST", "/users", { email: "x@example.com" }), 422)).toContain("/name");
  expect(await refusal(await service.send("POST", "/users", "{"), 422)).toContain("JSON");
  await refusal(await service.get("/users/none"), 422);
  expect(await refusal(await service.get("/elsewhere"), 404)).toContain("nothing");
});

test("an address belongs to one user", async () => {
  await using service = testedService(createUsers());
  const taken = { name: "Other", email: "ada@example.com" };
  expect(await refusal(await service.send("POST", "/users", taken), 409)).toContain("ada@example.com");
  await refusal(await service.send("PATCH", "/users/2", { email: "ada@example.com" }), 409);
  expect((await service.send("PATCH", "/users/1", { email: "ada@example.com" })).status).toBe(200);
});

test("trouble comes as ordered", async () => {
  await using service = testedService(createUsers());
  const startedAt = performance.now();
  expect(await (await service.get("/users/slow?ms=30")).json()).toEqual({ waitedMs: 30 });
  expect(performance.now() - startedAt).toBeGreaterThan(28);
  await refusal(await service.get("/users/slow?ms=60001"), 422);
  await refusal(await service.get("/users/fail"), 503);
  await refusal(await service.get("/users/fail?status=418"), 418);
  await refusal(await service.get("/users/fail?status=200"), 422);
  expect(await (await service.get("/health")).json()).toEqual({ status: "up" });
});

test("the export is one JSON value a line", async () => {
  await using service = testedService(createUsers());
  const lines = (await (await service.get("/users/export")).text()).trimEnd().split("\n");
  expect(lines).toHaveLength(10_000);
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ id: 10_000 });
});
