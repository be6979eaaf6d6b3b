import type { WorkerView } from "../../src/admin/view.ts";
import type { GatewayProcess } from "./gateway.ts";
import { connect } from "./raw.ts";
import { until } from "./until.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** What an endpoint of the admin port answers. */
export async function adminJson<T>({ adminPort }: Pick<GatewayProcess, "adminPort">, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${adminPort}${path}`);
  return (await response.json()) as T;
}

export async function workersOf(gateway: Pick<GatewayProcess, "adminPort">): Promise<readonly WorkerView[]> {
  return (await adminJson<{ workers: readonly WorkerView[] }>(gateway, "/api/workers")).workers;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends a worker by SIGKILL, and answers when another one serves in its place. */
export async function replaceWorker(gateway: GatewayProcess, pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await until(
    async () => {
      const workers = await workersOf(gateway);
      return workers.every((worker) => worker.state === "running" && worker.pid !== pid);
    },
    { timeout: 15_000, what: "another worker serves" },
  );
}

export interface Load {
  /** Requests that were answered with 200. */
  readonly answered: number;
  /** Requests that were sent, and got no whole reply or another status. */
  readonly failures: readonly string[];
  /** Ends it; resolves when every client is done. */
  stop(): Promise<void>;
}

/**
 * Clients that send requests one after the other over kept connections, and open a new one after each `Connection:
 * close`. As a load balancer does they go on to the next port where a connection is refused; a request that was sent is
 * never sent again.
 */
export function startLoad(ports: readonly number[], clients: number): Load {
  const failures: string[] = [];
  let answered = 0;
  let isStopped = false;
  const run = async (first: number) => {
    for (let turn = first; !isStopped; turn++) {
      const client = await connect(ports[turn % ports.length] ?? 0).catch(() => undefined);
      if (client === undefined) {
        await Bun.sleep(5);
        continue;
      }
      using open = client;
      for (let isLast = false; !isLast && !isStopped; ) {
        const reply = await open.exchange(GET).catch((error: unknown) => String(error));
        if (typeof reply !== "string" && reply.status === 200) answered++;
        else failures.push(typeof reply === "string" ? reply : `status ${reply.status}`);
        isLast = typeof reply === "string" || reply.header("connection") === "close";
        await Bun.sleep(2);
      }
    }
  };
  const runs = Promise.all(Array.from({ length: clients }, (_, index) => run(index)));
  return {
    get answered() {
      return answered;
    },
    failures,
    stop: async () => {
      isStopped = true;
      await runs;
    },
  };
}
