import { createSecureContext, createServer } from "node:tls";
import type { ListenConfig } from "../config/schema.ts";
import { type Named, ServerNames } from "./server-names.ts";
import type { KeyPair } from "./tls-files.ts";

type Tls = NonNullable<ListenConfig["tls"]>;

/** Everything that a listener's files have given. */
export interface Credentials {
  /** The first is for clients that ask for no name, or for one that no other is for. */
  readonly pairs: readonly [KeyPair, ...KeyPair[]];
  /** The authorities of clients; no others are trusted. */
  readonly ca: string | undefined;
}

/** A certificate in the form that Bun's sockets take; it is shared by all handshakes. */
export type NativeContext = object;

/** The context for each name. Throws if TLS does not take one of them. */
export function createContexts({ pairs, ca }: Credentials): ServerNames<NativeContext> {
  return new ServerNames(pairs.map((pair) => toContext(pair, ca)));
}

function toContext({ cert, key, names }: KeyPair, ca: string | undefined): Named<NativeContext> {
  const context: unknown = createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) }).context;
  if (typeof context !== "object" || context === null) throw new Error("a certificate has no native form");
  return { names, value: context };
}

/**
 * Gives a listener that is open another certificate, and other authorities of clients, for the handshakes from now on;
 * sessions of earlier ones are not resumed. Connections keep what they have. `Bun.listen` has no method for it, but
 * `node:tls` has, and its servers are listeners of Bun: one that never listens is lent the listener.
 */
export function replaceContext(listener: object, { pairs: [{ cert, key }], ca }: Credentials, tls: Tls): void {
  const clients = tls["client-certificates"];
  const options = {
    cert,
    key,
    minVersion: `TLSv${tls["min-version"]}`,
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: clients?.mode === "required" }),
  } as const;
  const server = createServer(options);
  Object.assign(server, { _handle: listener });
  server.setSecureContext(options);
  Object.assign(server, { _handle: null });
}
