import { mkdtempSync } from "node:fs";
import { execPath } from "node:process";
import { type Child, end, GATEWAY_CORE, LOAD_CORE, lastErrors, startPinned, untilListening } from "./children.ts";
import type { Certificate, Contender, Setup } from "./contender.ts";
import { processTree } from "./cpu.ts";
import type { LoadOrder, Sample } from "./load.ts";
import type { OpenLoopOrder } from "./open-loop.ts";
import { freePorts } from "./ports.ts";
import { requestFields } from "./request.ts";
import type { Scenario } from "./scenarios.ts";
import { forged, type Secured } from "./secured.ts";

/** A contender, or the upstream itself, that listens. */
export interface Running {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
}

/** A contender that listens. */
export interface Gateway extends Running {
  readonly contender: Contender;
  readonly setup: Setup;
}

/** How long one measurement and the load before it last. */
export interface Durations {
  readonly warmMs: number;
  readonly measureMs: number;
  /** Of rest before memory is taken; 0 or undefined: it is not taken. */
  readonly restMs?: number;
}

/** Starts the upstream on the load generator's core. */
export async function startUpstream(dir: string): Promise<Running> {
  const [port = 0] = freePorts(1);
  const command = [execPath, `${import.meta.dir}/upstream.ts`, String(port)];
  const child = startPinned(command, LOAD_CORE, `${dir}/upstream.err`);
  await untilListening(child, "the upstream", port);
  return { name: "upstream", port, child };
}

/**
 * Starts a contender in front of the upstream, on the gateways' core.
 *
 * @throws Error with what it wrote to standard error if it does not come up
 */
export async function startContender(
  contender: Contender,
  upstreamPort: number,
  parent: string,
  certificate: Certificate | undefined,
  secured?: Secured,
): Promise<Gateway> {
  const dir = mkdtempSync(`${parent}/${contender.name}-`);
  const [port = 0, barePort = 0, tlsPort = 0, adminPort = 0] = freePorts(4);
  const setup = { port, barePort, tlsPort, certificate, secured, adminPort, upstreamPort, dir };
  const { files, command, env } = contender.plan(setup);
  for (const [name, text] of Object.entries(files)) await Bun.write(`${dir}/${name}`, text);
  const child = startPinned(command, GATEWAY_CORE, `${dir}/stderr`, env);
  await untilListening(child, contender.name, port);
  return { name: contender.name, port, child, contender, setup };
}

/**
 * Asks a contender once and compares the reply to the upstream's, byte by byte. One that looks at tokens has to refuse a
 * request whose token has another signature.
 *
 * @throws Error that says what differs
 */
export async function assertPasses(gateway: Gateway, scenario: Scenario): Promise<void> {
  const { name, contender } = gateway;
  const [token] = tokensFor(gateway, scenario);
  const response = await ask(gateway, scenario, token);
  const body = Buffer.from(await response.arrayBuffer());
  const complaint = `${name}, ${scenario.name}: expected 200 with ${scenario.body.length} bytes`;
  if (response.status !== 200) throw new Error(`${complaint}, found status ${response.status}`);
  if (!body.equals(scenario.body)) throw new Error(`${complaint}, found ${body.length} bytes that differ`);
  if (contender.isSecured !== true || token === undefined) return;
  const { status } = await ask(gateway, scenario, forged(token));
  if (status !== 401) throw new Error(`${name}, ${scenario.name}: expected 401 for a forged token, found ${status}`);
}

/** One request of a scenario, with that token. */
export function ask({ setup }: Gateway, scenario: Scenario, token: string | undefined): Promise<Response> {
  const { listener, path, request, uploadBytes } = scenario;
  const scheme = listener === "tlsPort" ? "https" : "http";
  return fetch(`${scheme}://127.0.0.1:${setup[listener]}${path}`, {
    headers: requestFields(request, token).map(([field, value]): [string, string] => [field, value]),
    tls: { rejectUnauthorized: false },
    ...(uploadBytes > 0 && { method: "POST", body: Buffer.alloc(uploadBytes, "upload") }),
  });
}

function tokensFor({ setup }: Gateway, { request }: Scenario): readonly string[] {
  return request === "signed" ? (setup.secured?.tokens ?? []) : [];
}

/**
 * Puts a contender under load and measures it.
 *
 * @throws Error if any response was not the expected one: such figures mean nothing
 */
export async function measure(
  running: Gateway,
  scenario: Scenario,
  durations: Durations,
  dir: string,
): Promise<Sample> {
  const { listener, request, path, uploadBytes, connections, idle, body } = scenario;
  const pids = processTree(running.child.pid);
  const order: LoadOrder = {
    port: running.setup[listener],
    isTls: listener === "tlsPort",
    request,
    tokens: tokensFor(running, scenario),
    path,
    uploadBytes,
    connections,
    idle,
    bytes: body.length,
    pids,
    restMs: 0,
    ...durations,
  };
  const command = [execPath, `${import.meta.dir}/load.ts`, JSON.stringify(order)];
  const load = startPinned(command, LOAD_CORE, `${dir}/load.err`);
  const text = await new Response(load.stdout).text();
  if (text === "") throw new Error(`the load generator failed on ${running.name}\n${await lastErrors(load)}`);
  await end(load);
  return checked(running, scenario, JSON.parse(text));
}

/**
 * Has the upstream send requests to a contender at a constant rate, and measures it.
 *
 * @param rate requests a second
 * @throws Error if any response was not the expected one, or missing
 */
export async function measureAtRate(
  running: Gateway,
  scenario: Scenario,
  rate: number,
  durations: Durations,
): Promise<Sample> {
  const { path, connections, body, listener } = scenario;
  const pids = processTree(running.child.pid);
  const port = running.setup[listener];
  const { warmMs, measureMs } = durations;
  const order: OpenLoopOrder = { port, path, connections, bytes: body.length, rate, warmMs, measureMs, pids };
  const target = encodeURIComponent(JSON.stringify(order));
  const response = await fetch(`http://127.0.0.1:${running.setup.upstreamPort}/open-loop?${target}`);
  return checked(running, scenario, JSON.parse(await response.text()));
}

async function checked(running: Gateway, scenario: Scenario, sample: Sample): Promise<Sample> {
  if (sample.failures > 0 || sample.requests === 0) {
    throw new Error(
      `${running.name}, ${scenario.name}: ${sample.failures} failures beside ${sample.requests} right responses\n${await lastErrors(running.child)}`,
    );
  }
  return sample;
}
