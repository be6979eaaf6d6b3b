import { type AnyElysia, t } from "elysia";
import { Collection } from "./collection.ts";
import { missing, Refusal } from "./problem.ts";
import { portFrom, startService } from "./serve.ts";
import { ById, createService, Paging } from "./service.ts";
import { EventFeed, type ServerEvent } from "./stream.ts";

const Status = t.Union([t.Literal("placed"), t.Literal("shipped"), t.Literal("cancelled")]);
const values = {
  userId: t.Integer({ minimum: 1 }),
  items: t.Array(
    t.Object({ productId: t.Integer({ minimum: 1 }), quantity: t.Integer({ minimum: 1, maximum: 1_000 }) }),
    { minItems: 1, maxItems: 100 },
  ),
};
const NewOrder = t.Object(values);
const Order = t.Object({ id: t.Integer(), status: Status, ...values });
const OrderPage = t.Object({ items: t.Array(Order), page: t.Integer(), size: t.Integer(), total: t.Integer() });

type Order = typeof Order.static;

/** The orders service: what was bought, and an event stream that tells of every order. */
export function createOrders(): AnyElysia {
  const orders = new Collection<Order>(BOUGHT, (id, order) => ({ id, ...order }));
  const feed = new EventFeed();

  const tell = (order: Order): Order => {
    feed.publish(orderEvent(order));
    return order;
  };

  return createService({ name: "orders", title: "Orders", description: "What was bought." })
    .model({ Order, NewOrder, OrderPage })
    .get("/orders", ({ query }) => orders.list(query.page, query.size, isFor(query.userId)), {
      query: t.Object({ ...Paging, userId: t.Optional(t.Integer({ minimum: 1 })) }),
      response: "OrderPage",
      detail: { summary: "Lists orders", operationId: "listOrders" },
    })
    .get("/orders/events", () => feed.subscribe(orders.newest(REPLAYED).map(orderEvent)), {
      detail: { summary: "Streams events: the newest orders, then every change", operationId: "watchOrders" },
    })
    .get("/orders/:id", ({ params }) => orders.get(params.id) ?? missing("order", params.id), {
      params: ById,
      response: { 200: "Order", 404: "Problem" },
      detail: { summary: "Shows one order", operationId: "getOrder" },
    })
    .post(
      "/orders",
      ({ body, set }) => {
        const order = tell(orders.add((id) => ({ id, status: "placed", ...body })));
        set.status = 201;
        set.headers.location = `orders/${order.id}`;
        return order;
      },
      {
        body: "NewOrder",
        response: { 201: "Order", 422: "Problem" },
        detail: { summary: "Places an order", operationId: "createOrder" },
      },
    )
    .patch(
      "/orders/:id",
      ({ params, body }) => {
        const order = orders.get(params.id) ?? missing("order", params.id);
        if (order.status !== "placed") throw new Refusal(409, `Order ${order.id} is ${order.status} already.`);
        return tell(orders.replace({ ...order, status: body.status }));
      },
      {
        params: ById,
        body: t.Object({ status: t.Union([t.Literal("shipped"), t.Literal("cancelled")]) }),
        response: { 200: "Order", 404: "Problem", 409: "Problem", 422: "Problem" },
        detail: { summary: "Ships or cancels an order", operationId: "updateOrder" },
      },
    );
}

const BOUGHT: readonly Omit<Order, "id">[] = [
  { status: "shipped", userId: 1, items: [{ productId: 1, quantity: 1 }] },
  { status: "placed", userId: 3, items: [{ productId: 2, quantity: 2 }] },
];

/** Orders that a new listener is told of at once. */
const REPLAYED = 5;

function orderEvent(order: Order): ServerEvent {
  return { event: `order-${order.status}`, data: order };
}

function isFor(userId: number | undefined): (order: Order) => boolean {
  return (order) => userId === undefined || order.userId === userId;
}

if (import.meta.main) {
  const service = startService(createOrders(), portFrom("ORDERS_PORT", 4003));
  console.log(`orders: ${service.url}`);
}
