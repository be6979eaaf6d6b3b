import type { PluginApps } from "../admin/plugin-apps.ts";
import { problemResponse } from "../admin/problem.ts";
import { GatewayError } from "../errors.ts";
import type { PluginReply, PluginRequest } from "./messages.ts";
import type { Supervisor } from "./supervisor.ts";

/** Bytes of a reply that goes from a worker to its parent; requests are as limited on the admin port itself. */
const MOST_BYTES = 1_048_576;
/** Methods that change nothing (RFC 9110 §9.2.1): one worker is enough. */
const SAFE = ["GET", "HEAD", "OPTIONS"];

/**
 * The endpoints of plugins that live in workers. A request with a safe method goes to one worker; another goes to all,
 * since each has its own instance of the plugin, and the worst of their replies is the answer; of equally good ones `joined` is.
 */
export function workerPlugins(
  names: ReadonlySet<string>,
  supervisor: Pick<Supervisor, "askPlugin">,
): Pick<PluginApps, "has" | "handle"> {
  return {
    has: (plugin) => names.has(plugin),
    async handle(plugin, path, request) {
      const who = SAFE.includes(request.method) ? "one" : "all";
      const replies = await supervisor.askPlugin(await plainRequest(plugin, path, request), who);
      const [first, ...others] = replies;
      if (first === undefined || replies.includes(undefined)) return unanswered();
      const worse = (a: PluginReply, b: PluginReply | undefined) => (b !== undefined && b.status > a.status ? b : a);
      const worst = others.reduce<PluginReply>(worse, first);
      return toResponse(joined(worst, replies as readonly PluginReply[]));
    },
  };
}

/**
 * What equal replies say together: where they are JSON objects a number is the greatest, and what is true of one is true. Of what
 * workers share, the store, one has done the work, and the others have found it done.
 */
function joined(worst: PluginReply, replies: readonly PluginReply[]): PluginReply {
  const objects = replies.filter(({ status }) => status === worst.status).map(objectOf);
  const [first, ...others] = objects;
  if (first === undefined || others.length === 0 || others.includes(undefined)) return worst;
  const whole = { ...first };
  for (const other of others) {
    for (const [name, value] of Object.entries(other ?? {})) {
      const known = whole[name];
      if (typeof value === "number" && typeof known === "number") whole[name] = Math.max(value, known);
      else if (value === true && known === false) whole[name] = true;
    }
  }
  return { ...worst, body: new TextEncoder().encode(JSON.stringify(whole)) };
}

function objectOf({ body }: PluginReply): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A worker's side: lets its own instance of the plugin answer. */
export async function answerPlugin(apps: PluginApps, request: PluginRequest): Promise<PluginReply> {
  const { plugin, path, method, url, headers, body } = request;
  const plain = new Request(url, {
    method,
    headers: headers.map(([name, value]) => [name, value]),
    body: body ?? null,
  });
  return plainReply(await apps.handle(plugin, path, plain));
}

async function plainRequest(plugin: string, path: string, request: Request): Promise<PluginRequest> {
  const { method, url, headers } = request;
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
  return { plugin, path, method, url, headers: [...headers], body: bytes };
}

async function plainReply(response: Response): Promise<PluginReply> {
  const bytes = await bytesUpTo(MOST_BYTES, response);
  if (bytes !== undefined) return { status: response.status, headers: [...response.headers], body: bytes };
  const detail = `The plugin's reply is longer than ${MOST_BYTES} bytes`;
  return plainReply(problemResponse(new GatewayError("overloaded", { detail })));
}

/** Undefined for a body that is longer: it is not read to its end. */
async function bytesUpTo(most: number, { body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse({ status, headers, body }: PluginReply): Response {
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  return new Response(hasBody ? new Uint8Array(body) : null, { status, headers: headers.map(([n, v]) => [n, v]) });
}

function unanswered(): Response {
  const detail = "A worker did not answer in time: it may or may not have done what was asked";
  return problemResponse(new GatewayError("overloaded", { detail }));
}
