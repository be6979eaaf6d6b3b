import { mkdir } from "node:fs/promises";
import { execPath } from "node:process";
import { type Child, end, GATEWAY_CORE, LOAD_CORE, lastErrors, startPinned, untilListening } from "./children.ts";
import type { Contender } from "./contender.ts";
import { processTree } from "./cpu.ts";
import type { LoadOrder, Sample } from "./load.ts";
import { freePorts } from "./ports.ts";
import type { Scenario } from "./scenarios.ts";

/** A contender, or the upstream itself, that listens. */
export interface Running {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
}

/** How long one measurement and the load before it last. */
export interface Durations {
  readonly warmMs: number;
  readonly measureMs: number;
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
export async function startContender(contender: Contender, upstreamPort: number, parent: string): Promise<Running> {
  const dir = `${parent}/${contender.name}`;
  await mkdir(dir);
  const [port = 0, adminPort = 0] = freePorts(2);
  const { files, command, env } = contender.plan({ port, adminPort, upstreamPort, dir });
  for (const [name, text] of Object.entries(files)) await Bun.write(`${dir}/${name}`, text);
  const child = startPinned(command, GATEWAY_CORE, `${dir}/stderr`, env);
  await untilListening(child, contender.name, port);
  return { name: contender.name, port, child };
}

/**
 * Asks a contender once and compares the reply to the upstream's, byte by byte.
 *
 * @throws Error that says what differs
 */
export async function assertPasses({ name, port }: Running, scenario: Scenario): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${scenario.path}`);
  const body = Buffer.from(await response.arrayBuffer());
  const complaint = `${name}, ${scenario.name}: expected 200 with ${scenario.body.length} bytes`;
  if (response.status !== 200) throw new Error(`${complaint}, found status ${response.status}`);
  if (!body.equals(scenario.body)) throw new Error(`${complaint}, found ${body.length} bytes that differ`);
}

/**
 * Puts a contender under load and measures it.
 *
 * @throws Error if any response was not the expected one: such figures mean nothing
 */
export async function measure(
  running: Running,
  scenario: Scenario,
  durations: Durations,
  dir: string,
): Promise<Sample> {
  const { path, connections, body } = scenario;
  const pids = processTree(running.child.pid);
  const order: LoadOrder = { port: running.port, path, connections, bytes: body.length, pids, ...durations };
  const command = [execPath, `${import.meta.dir}/load.ts`, JSON.stringify(order)];
  const load = startPinned(command, LOAD_CORE, `${dir}/load.err`);
  const text = await new Response(load.stdout).text();
  if (text === "") throw new Error(`the load generator failed on ${running.name}\n${await lastErrors(load)}`);
  await end(load);
  const sample: Sample = JSON.parse(text);
  if (sample.failures > 0 || sample.requests === 0) {
    throw new Error(
      `${running.name}, ${scenario.name}: ${sample.failures} failures beside ${sample.requests} right responses\n${await lastErrors(running.child)}`,
    );
  }
  return sample;
}
