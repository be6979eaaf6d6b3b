/** Something to try against the running demo: printed as a curl, and run by `--once`. */
export interface Try {
  readonly title: string;
  /** The gateway's public port, unless it is `admin`. */
  readonly port?: "admin";
  /** GET if it is not given. */
  readonly method?: string;
  readonly path: string;
  /** Sent with the token that the demo has made. */
  readonly hasToken?: boolean;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the reply must be: its status, a piece of its body (if it has one), and headers. */
  readonly status: number;
  readonly has?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never ends by itself: read until `has` arrives. */
  readonly isEndless?: boolean;
}

/** What the demo shows, in the order in which it is printed. */
export const TRIES: readonly Try[] = [
  { title: "List the users", path: "/api/users", status: 200, has: "Ada Lovelace" },
  {
    title: "The second page of them, one to a page",
    path: "/api/users?page=2&size=1",
    status: 200,
    has: "Alan Turing",
  },
  { title: "One user", path: "/api/users/1", status: 200, has: "ada@example.com" },
  {
    title: "Add a user",
    method: "POST",
    path: "/api/users",
    body: { name: "Mary Shelley", email: "mary@example.com" },
    status: 201,
    has: "Mary Shelley",
    headers: { location: "users/4" },
  },
  {
    title: "One that is not valid: the service says 422",
    method: "POST",
    path: "/api/users",
    body: { name: "Nobody", email: "nowhere" },
    status: 422,
    has: "/email",
  },
  { title: "List the tools in the catalog", path: "/api/catalog?category=tools", status: 200, has: "Pipe Wrench" },
  { title: "One product", path: "/api/catalog/1", status: 200, has: "The Art of Gates" },
  {
    title: "Add a product",
    method: "POST",
    path: "/api/catalog",
    body: { name: "Sluice Key", category: "tools", priceCents: 1_500 },
    status: 201,
    has: "Sluice Key",
  },
  {
    title: "A product that is not there: the service says 404",
    path: "/api/catalog/999",
    status: 404,
    has: "product 999",
  },
  { title: "A listing that streams", path: "/api/catalog/export?count=1000", status: 200, has: "Product 1000" },
  { title: "List the orders", path: "/api/orders", status: 200, has: '"placed"' },
  { title: "One order", path: "/api/orders/1", status: 200, has: '"shipped"' },
  {
    title: "Place an order",
    method: "POST",
    path: "/api/orders",
    body: { userId: 1, items: [{ productId: 2, quantity: 1 }] },
    status: 201,
    headers: { location: "orders/3" },
  },
  {
    title: "Watch the orders as events (Ctrl-C ends it); place one in another terminal",
    path: "/api/orders/events",
    status: 200,
    has: "event: order-placed",
    headers: { "content-type": "text/event-stream" },
    isEndless: true,
  },
  {
    title: "What is only for those with a token: 401 without",
    path: "/api/private/orders",
    status: 401,
    has: "unauthenticated",
    headers: { "www-authenticate": "Bearer" },
  },
  {
    title: "And with one; $TOKEN is made above",
    path: "/api/private/orders",
    hasToken: true,
    status: 200,
    has: '"placed"',
  },
  { title: "A service that takes its time", path: "/api/users/slow?ms=300", status: 200, has: "300" },
  { title: "A service that fails: its reply passes through", path: "/api/orders/fail?status=503", status: 503 },
  {
    title: "A path that no route has: the gateway says 404",
    path: "/api/nothing",
    status: 404,
    has: "route_not_found",
    headers: { "content-type": "application/problem+json" },
  },
  {
    title: "A method that the route does not have: 405, with Allow",
    method: "DELETE",
    path: "/api/catalog/1",
    status: 405,
    has: "method_not_allowed",
    headers: { allow: "GET, HEAD, POST" },
  },
  { title: "A reply of the gateway's own", path: "/", status: 200, has: "/api/users" },
  {
    title: "Services, targets and their connections",
    port: "admin",
    path: "/api/services",
    status: 200,
    has: "catalog",
  },
  { title: "Routes", port: "admin", path: "/api/routes", status: 200, has: "/api/orders/*" },
];
