import type { Config } from "../config/schema.ts";
import { systemCode } from "../errors.ts";
import { type AdminAccess, adminTls } from "./admin-access.ts";

/** Ms for the admin port of the gateway on this machine. */
const TIMEOUT_MS = 10_000;

/** The admin port did not do what it was asked. Its message is for people. */
export class AdminFault extends Error {
  override readonly name = "AdminFault";
  /** The gateway has said that it does not do it. */
  readonly isRefusal: boolean;

  constructor(message: string, { isRefusal = false } = {}) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** What is told of a change that failed: whether it was done is known only where it was refused. */
export function faultOfChange(error: Error): string {
  return error instanceof AdminFault && error.isRefusal
    ? error.message
    : `this may not have been done: ${error.message}`;
}

/** Asks the admin port of the running gateway, as its configuration and the command's flags say. Throws AdminFault. */
export async function callAdmin(
  { admin }: Config,
  method: string,
  path: string,
  body?: unknown,
  access: AdminAccess = {},
): Promise<unknown> {
  const origin = `${admin.tls === undefined ? "http" : "https"}://${hostFor(admin.host)}:${admin.port}`;
  const tls = tlsOf(admin, access);
  const headers = new Headers();
  if (admin.token !== undefined && admin.token !== "") headers.set("authorization", `Bearer ${admin.token}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  let response: Response;
  let text: string;
  try {
    response = await fetch(origin + path, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "error",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(tls === undefined ? {} : { tls }),
    });
    text = await response.text();
  } catch (error) {
    throw new AdminFault(unreached(origin, admin, access, systemCode(error)));
  }
  const answer = jsonOf(text);
  if (response.ok) return answer;
  const isRefusal = response.status < 500;
  throw new AdminFault(`the gateway answers ${response.status}: ${reasonOf(answer)}`, { isRefusal });
}

function tlsOf(admin: Config["admin"], access: AdminAccess) {
  try {
    return adminTls(admin, access);
  } catch (error) {
    throw new AdminFault(error instanceof Error ? error.message : String(error));
  }
}

/** Of a certificate that is not trusted, whatever is wrong with it. */
const UNTRUSTED = /CERT|SIGNATURE|VERIFY/;

function unreached(origin: string, { tls }: Config["admin"], { cert }: AdminAccess, code: string | undefined): string {
  if (code !== undefined && UNTRUSTED.test(code)) {
    return `the certificate of the admin port ${origin} is not trusted (${code}): say who has signed it, with --ca FILE`;
  }
  const asks = tls?.["client-certificates"]?.mode === "required" && cert === undefined;
  const hint = asks
    ? "it asks for a certificate: --client-cert FILE --client-key FILE"
    : "does it run with this configuration?";
  return `the gateway does not answer at its admin port ${origin}: ${hint}`;
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
