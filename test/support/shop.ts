import { freePort } from "./ports.ts";
import { until } from "./until.ts";

/** A service whose behaviour a test changes while requests come. */
export interface ShopService extends Disposable {
  readonly url: string;
  /** Ms until it answers. */
  delayMs: number;
  status: number;
  /** Closes its port and its connections at once, as when its process is killed. */
  kill(): void;
}

export function startShopService(delayMs = 1): ShopService {
  const service = { delayMs, status: 200 };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    async fetch() {
      if (service.delayMs > 0) await Bun.sleep(service.delayMs);
      return Response.json({ ok: true }, { status: service.status });
    },
  });
  const kill = () => void server.stop(true);
  return Object.assign(service, { url: `http://127.0.0.1:${server.port}`, kill, [Symbol.dispose]: kill });
}

export interface ShopRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Clients that ask the gateway again and again until they are stopped. */
export interface Traffic extends AsyncDisposable {
  /** Replies so far, by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Resolves when so many more have been answered, with whatever status. */
  answered(more: number): Promise<void>;
  /** These are asked for from now on, in turn. */
  ask(requests: readonly ShopRequest[]): void;
}

/** Each client sends a request, waits for the reply and then for `pauseMs`. */
export function startTraffic(port: number, first: readonly ShopRequest[], clients = 4, pauseMs = 10): Traffic {
  const statuses = new Map<number, number>();
  let requests = first;
  let isStopped = false;
  let turn = 0;
  const all = () => [...statuses.values()].reduce((a, b) => a + b, 0);
  const run = async () => {
    while (!isStopped) {
      const { path, headers = {} } = requests[turn++ % requests.length] ?? { path: "/" };
      const status = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).then(statusOf, () => 0);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await Bun.sleep(pauseMs);
    }
  };
  const runs = Promise.all(Array.from({ length: clients }, run));
  return {
    statuses,
    async answered(more) {
      const wanted = all() + more;
      await until(() => all() >= wanted, { timeout: 20_000, what: `${more} more requests are answered` });
    },
    ask(others) {
      requests = others;
    },
    async [Symbol.asyncDispose]() {
      isStopped = true;
      await runs;
    },
  };
}

async function statusOf(response: Response): Promise<number> {
  await response.arrayBuffer();
  return response.status;
}
