import { connect, type RawClient } from "../support/raw.ts";
import type { TempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

/** Another gateway to compare with. */
export interface Proxy {
  readonly name: string;
  /** Where its program is; undefined on a machine without it. */
  readonly program: string | undefined;
  /** The arguments that start it in the foreground, on a Unix socket of that path, before that port. */
  command(folder: TempFolder, socket: string, port: number): readonly string[];
}

// Debian keeps them where only the administrator's shell looks.
const PATH = `${Bun.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`;

const nginx: Proxy = {
  name: "nginx",
  program: Bun.which("nginx", { PATH }) ?? undefined,
  command(folder, socket, port) {
    const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const config = folder.write(
      "nginx.conf",
      `daemon off; worker_processes 1; pid ${folder.file("nginx.pid")}; error_log ${folder.file("nginx.log")} crit;
events { worker_connections 256; }
http {
  access_log off; client_max_body_size 1m;
  ${temps.map((name) => `${name}_temp_path ${folder.file(name)};`).join(" ")}
  server { listen unix:${socket}; location / { proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; } }
}
`,
    );
    return ["-p", folder.path, "-e", folder.file("nginx.log"), "-c", config];
  },
};

const haproxy: Proxy = {
  name: "HAProxy",
  program: Bun.which("haproxy", { PATH }) ?? undefined,
  command(folder, socket, port) {
    const config = folder.write(
      "haproxy.cfg",
      `global
  maxconn 256
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend in
  bind unix@${socket}
  default_backend out
backend out
  server one 127.0.0.1:${port}
`,
    );
    return ["-db", "-q", "-f", config];
  },
};

/** All that are compared where they are installed. */
export const PROXIES: readonly Proxy[] = [nginx, haproxy];

/** Starts a proxy; resolves when it takes connections on the answer's path. */
export async function startProxy(proxy: Proxy, folder: TempFolder, port: number) {
  const socket = folder.file(`${proxy.name}.sock`);
  const command = [proxy.program ?? proxy.name, ...proxy.command(folder, socket, port)];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: Bun.file(folder.file("stderr")) });
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`${proxy.name}: ${await Bun.file(folder.file("stderr")).text()}`);
    return await connect(0, { unix: socket }).then(
      (client) => {
        client.close();
        return true;
      },
      () => false,
    );
  };
  await until(isUp, { timeout: 10_000, what: `${proxy.name} listens` });
  return {
    socket,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

/** The status of the final response to each of these methods, fewer if the connection ends or stalls before. */
export async function statuses(socket: string, wire: string, methods: readonly string[]): Promise<readonly number[]> {
  using client = await connect(0, { unix: socket, halfOpen: true });
  void client.send(wire);
  const all: number[] = [];
  for (const method of methods) {
    const status = await finalStatus(client, method);
    if (status === undefined) return all;
    all.push(status);
  }
  return all;
}

async function finalStatus(client: RawClient, method: string): Promise<number | undefined> {
  try {
    for (;;) {
      const { status } = await client.readResponse({ method, timeout: 700 });
      if (status >= 200) return status;
    }
  } catch {
    return undefined;
  }
}
