import { expect, test } from "bun:test";
import { createOrders } from "../../examples/shop/orders.ts";
import { EventFeed } from "../../examples/shop/stream.ts";
import { until } from "../support/until.ts";
import { refusal, testedService } from "./service.ts";

const bought = { userId: 2, items: [{ productId: 1, quantity: 3 }] };

test("orders are listed by user, placed and shipped once", async () => {
  await using service = testedService(createOrders());
  const placed = await service.send("POST", "/orders", bought);
  expect(placed.status).toBe(201);
  expect(placed.headers.get("location")).toBe("orders/3");
  expect(await placed.json()).toEqual({ id: 3, status: "placed", ...bought });
  expect(await (await service.get("/orders?userId=2")).json()).toMatchObject({ total: 1, items: [{ id: 3 }] });
  expect(await (await service.send("PATCH", "/orders/3", { status: "shipped" })).json()).toMatchObject({
    status: "shipped",
  });
  expect(await refusal(await service.send("PATCH", "/orders/3", { status: "cancelled" }), 409)).toContain("shipped");
  await refusal(await service.send("PATCH", "/orders/3", { status: "placed" }), 422);
  await refusal(await service.send("POST", "/orders", { userId: 2, items: [] }), 422);
  expect(await refusal(await service.get("/orders/9"), 404)).toBe("There is no order 9.");
});

test("the event stream begins with the newest orders and tells of every change", async () => {
  await using service = testedService(createOrders());
  const leaving = new AbortController();
  const response = await fetch(`${service.url}/orders/events`, { signal: leaving.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readUntil = async (part: string) => {
    while (!text.includes(part)) text += (await reader?.read())?.value ?? "";
  };

  await readUntil('"id":2');
  expect(text).toStartWith('event: order-shipped\ndata: {"id":1,');
  await service.send("POST", "/orders", bought);
  await readUntil('event: order-placed\ndata: {"id":3,');
  await service.send("PATCH", "/orders/3", { status: "cancelled" });
  await readUntil('event: order-cancelled\ndata: {"id":3,');
  leaving.abort();
});

test("a feed forgets a listener that has left", async () => {
  const feed = new EventFeed();
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => feed.subscribe([{ event: "hello", data: 1 }]),
  });
  const leaving = new AbortController();
  const response = await fetch(server.url, { signal: leaving.signal });
  await response.body?.getReader().read();
  expect(feed.listeners).toBe(1);
  leaving.abort();
  await until(() => feed.listeners === 0);
  feed.publish({ event: "nobody", data: 2 });
});
