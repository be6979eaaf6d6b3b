import type { Random } from "../fuzz/random.ts";
import type { RawResponse } from "../support/messages.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { contentAt, SUM_FIELD, sumOf } from "./content.ts";

const TIMEOUT = { timeout: 20_000 };

/** A listener that serves TLS, and who has signed its certificate. */
export interface SecurePort {
  readonly port: number;
  readonly ca: string;
}

/** What one run of a client has to work with. */
export interface Visit {
  /** Of the gateway. */
  readonly port: number;
  /** The gateway's other listener; without it all is plain. */
  readonly tls?: SecurePort;
  readonly random: Random;
}

/** One kind of client: `run` rejects with whatever is not as it must be. */
export interface Kind {
  readonly name: string;
  /** Runs that begin in a second. */
  readonly perSecond: number;
  run(visit: Visit): Promise<void>;
}

/** A part of the content, as a request names it. */
export interface Part {
  readonly place: number;
  readonly length: number;
}

export function partOf(random: Random, mostBytes: number): Part {
  return { place: random.below(1_000_000), length: random.below(mostBytes) };
}

/** The request for a part. */
export function getPart({ place, length }: Part, query = ""): string {
  return `GET /bytes/${place}/${length}${query} HTTP/1.1\r\nHost: soak\r\n\r\n`;
}

/** Throws unless the response is the part, and says so itself. */
export function checkPart({ status, body, header }: RawResponse, { place, length }: Part): void {
  if (status !== 200) throw new Error(`the status ${status} instead of 200`);
  const wanted = sumOf(contentAt(place, length));
  if (sumOf(body) !== wanted) throw new Error(`wrong bytes: the sum ${sumOf(body)} instead of ${wanted}`);
  if (header(SUM_FIELD) !== wanted)
    throw new Error(`wrong response: the sum of ${header(SUM_FIELD)}, not of ${wanted}`);
}

/** Takes the response to `getPart`. */
export async function takePart(client: RawClient, part: Part): Promise<void> {
  checkPart(await client.readResponse(TIMEOUT), part);
}

/** Takes the response to a body that was sent. */
export async function takeSum(client: RawClient, sent: Uint8Array): Promise<void> {
  const { status, body } = await client.readResponse(TIMEOUT);
  const sum = body.toString();
  if (status !== 200 || sum !== sumOf(sent)) {
    throw new Error(`wrong bytes: ${status} and the sum ${sum.slice(0, 200)} instead of ${sumOf(sent)}`);
  }
}

/** Lends a connection, plain or TLS, which is closed in any case. */
export async function withClient(
  { port, tls, random }: Visit,
  use: (client: RawClient) => Promise<void>,
): Promise<void> {
  const isSecure = tls !== undefined && random.once(4);
  const options = { tls: { ca: tls?.ca ?? "", serverName: "localhost" } };
  using client = isSecure ? await connect(tls.port, options) : await connect(port);
  await use(client);
}
