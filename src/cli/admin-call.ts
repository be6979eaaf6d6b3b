import type { Config } from "../config/schema.ts";

/** Ms for the admin port of the gateway on this machine. */
const TIMEOUT_MS = 10_000;

/** The admin port did not do what it was asked. Its message is for people. */
export class AdminFault extends Error {
  override readonly name = "AdminFault";
}

/** Asks the admin port of the running gateway, as its configuration says. Throws AdminFault. */
export async function callAdmin({ admin }: Config, method: string, path: string, body?: unknown): Promise<unknown> {
  const origin = `http://${hostFor(admin.host)}:${admin.port}`;
  const headers = admin.token === undefined || admin.token === "" ? {} : { authorization: `Bearer ${admin.token}` };
  const init = { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" as const };
  let response: Response;
  let text: string;
  try {
    response = await fetch(origin + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    text = await response.text();
  } catch {
    throw new AdminFault(
      `the gateway does not answer at its admin port ${origin}: does it run with this configuration?`,
    );
  }
  const answer = jsonOf(text);
  if (response.ok) return answer;
  throw new AdminFault(`the gateway answers ${response.status}: ${reasonOf(answer)}`);
}

/** An address that means all of them is reached at this machine. */
function hostFor(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return "no reason is given";
  const { detail, title } = answer as { readonly detail?: unknown; readonly title?: unknown };
  return String(detail ?? title ?? "no reason is given");
}
