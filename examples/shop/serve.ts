import type { AnyElysia } from "elysia";

/** A service that is listening. */
export interface RunningService {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a service on 127.0.0.1, or what SHOP_HOST says; port 0 takes any that is free. A port in use throws an error that says so. */
export function startService(app: AnyElysia, port: number): RunningService {
  try {
    // idleTimeout: longer than the gateway keeps an idle connection, so that the service is never the first to close one.
    app.listen({ hostname: process.env.SHOP_HOST ?? "127.0.0.1", port, idleTimeout: 120, reusePort: false });
  } catch (error) {
    throw isInUse(error) ? new Error(`port ${port} is in use already`) : error;
  }
  return { url: `http://127.0.0.1:${app.server?.port}`, stop: () => stopService(app) };
}

/** The port in an environment variable, else `fallback`. Throws if the variable holds no port. */
export function portFrom(variable: string, fallback: number): number {
  const text = process.env[variable];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${variable} is not a port: ${text}`);
  return port;
}

async function stopService(app: AnyElysia): Promise<void> {
  await app.server?.stop(true);
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
