import { expect, test } from "bun:test";
import { workerPlugins } from "../../src/workers/plugin-requests.ts";

/** What a plugin of several workers answers together that answer so each: a status and a body. */
async function together(...replies: readonly (readonly [status: number, body: unknown])[]) {
  const all = replies.map(([status, body]) => ({
    status,
    headers: [["content-type", "application/json"]] as const,
    body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
  }));
  const apps = workerPlugins(new Set(["p"]), { askPlugin: () => Promise.resolve(all) });
  const response = await apps.handle("p", "/x", new Request("http://admin/api/plugins/p/x", { method: "DELETE" }));
  return { status: response.status, text: await response.text() };
}

test("one of several workers has done the work, and the others have found it done", async () => {
  const found = { wasRevoked: false, jti: "a" };
  for (const order of [
    [found, { ...found, wasRevoked: true }],
    [{ ...found, wasRevoked: true }, found],
  ]) {
    const { status, text } = await together(...order.map((body) => [200, body] as const));
    expect([status, JSON.parse(text)]).toEqual([200, { wasRevoked: true, jti: "a" }]);
  }
});

test("of numbers the greatest counts", async () => {
  const { text } = await together([200, { purged: 0 }], [200, { purged: 2 }], [200, { purged: 1 }]);
  expect(JSON.parse(text)).toEqual({ purged: 2 });
});

test("the worst reply is the answer, with nothing of better ones", async () => {
  expect(await together([200, { purged: 9 }], [503, { purged: 0 }])).toEqual({ status: 503, text: '{"purged":0}' });
});

test.each([
  ["no JSON", "text"],
  ["a list", [1]],
  ["null", null],
])("%s is as one of them says", async (_, body) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  expect(await together([200, body], [200, { purged: 1 }])).toEqual({ status: 200, text });
  expect(await together([200, body], [200, body])).toEqual({ status: 200, text });
});
