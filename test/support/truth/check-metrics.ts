import { ERRORS } from "../../../src/errors.ts";
import type { Exposition } from "../exposition.ts";
import type { LogLine } from "../gateway.ts";
import { linesById } from "./check-log.ts";
import type { Exchange } from "./exchange.ts";
import type { World } from "./world.ts";

type Labels = Readonly<Record<string, string>>;

/** The sum of a metric over all series with these labels. */
export function sumOf(metrics: Exposition, name: string, labels: Labels = {}): number {
  const samples = [...metrics.families.values()].flatMap((family) => family.samples);
  const isOne = (all: Labels) => Object.entries(labels).every(([label, value]) => all[label] === value);
  return samples
    .filter((sample) => sample.name === name && isOne(sample.labels))
    .reduce((sum, { value }) => sum + value, 0);
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Counts by a text made of labels. */
class Tally {
  readonly counts = new Map<string, number>();

  add(key: readonly string[], by = 1): void {
    const text = key.join(" ");
    this.counts.set(text, (this.counts.get(text) ?? 0) + by);
  }
}

function tallyOf(metrics: Exposition, name: string, labels: readonly string[]): Tally {
  const tally = new Tally();
  for (const sample of metrics.families.get(name)?.samples ?? []) {
    if (sample.value > 0)
      tally.add(
        labels.map((label) => sample.labels[label] ?? ""),
        sample.value,
      );
  }
  return tally;
}

function differences(what: string, told: Tally, seen: Tally): string[] {
  const keys = new Set([...told.counts.keys(), ...seen.counts.keys()]);
  return [...keys].flatMap((key) => {
    const [one = 0, other = 0] = [told.counts.get(key), seen.counts.get(key)];
    return Math.abs(one - other) < 1e-6 ? [] : [`${what} {${key}}: told ${one}, seen ${other}`];
  });
}

/** What is wrong with the metrics; nothing if they tell the truth. */
export function lieInMetrics(world: World, logs: readonly LogLine[], metrics: Exposition): string[] {
  return [
    ...lieInRequests(world, logs, metrics),
    ...lieInAttempts(world, logs, metrics),
    ...lieInTimes(world, logs, metrics),
    ...lieAtRest(world, metrics),
  ];
}

function lieInRequests({ exchanges, refusals }: World, logs: readonly LogLine[], metrics: Exposition): string[] {
  const lines = linesById(logs);
  const [requests, errors, refused, bytesIn, bytesOut] = [
    new Tally(),
    new Tally(),
    new Tally(),
    new Tally(),
    new Tally(),
  ];
  for (const { id, route, method, status, code } of exchanges) {
    requests.add([route, METHODS.has(method) ? method : "OTHER", `${Math.floor(status / 100)}xx`]);
    if (code !== undefined) errors.add([route, code, ERRORS[code].source]);
    const line = lines.get(id)?.[0];
    if (Number(line?.bytesIn) > 0) bytesIn.add([route], Number(line?.bytesIn));
    if (Number(line?.bytesOut) > 0) bytesOut.add([route], Number(line?.bytesOut));
  }
  for (const { code } of refusals) refused.add([code]);
  const of = (name: string, ...labels: string[]) => tallyOf(metrics, name, labels);
  const ofProcesses = sumOf(metrics, "sluice_process_requests_total");
  return [
    ...differences("requests", of("sluice_requests_total", "route", "method", "status"), requests),
    ...differences("errors", of("sluice_errors_total", "route", "code", "source"), errors),
    ...differences("refused", of("sluice_requests_refused_total", "code"), refused),
    ...differences("bytes in", of("sluice_request_bytes_total", "route"), bytesIn),
    ...differences("bytes out", of("sluice_reply_bytes_total", "route"), bytesOut),
    ...(ofProcesses === exchanges.length ? [] : [`processes have had ${ofProcesses} of ${exchanges.length} requests`]),
  ];
}

function attemptsOf({ id, attempts }: Exchange, logs: ReturnType<typeof linesById>): number {
  return attempts ?? Number(logs.get(id)?.[0]?.attempts ?? 0);
}

function lieInAttempts({ exchanges, besides }: World, logs: readonly LogLine[], metrics: Exposition): string[] {
  const lines = linesById(logs);
  const [attempts, failures, heads] = [new Tally(), new Tally(), new Tally()];
  for (const exchange of exchanges) {
    const { service } = exchange;
    if (service === "") continue;
    for (const earlier of exchange.earlier) {
      attempts.add([earlier]);
      heads.add([earlier]);
    }
    attempts.add([service], attemptsOf(exchange, lines) - exchange.earlier.length);
    for (const code of exchange.failures) failures.add([service, code]);
    heads.add([service], exchange.heads - exchange.earlier.length);
  }
  for (const service of besides) {
    attempts.add([service]);
    heads.add([service]);
  }
  const latencies = new Tally();
  for (const { name, labels, value } of metrics.families.get("sluice_upstream_latency_seconds")?.samples ?? []) {
    if (name.endsWith("_count")) latencies.add([labels.service ?? ""], value);
  }
  return [
    ...differences("attempts", tallyOf(metrics, "sluice_upstream_attempts_total", ["service"]), attempts),
    ...differences("failed attempts", tallyOf(metrics, "sluice_upstream_errors_total", ["service", "code"]), failures),
    ...differences("latencies", latencies, heads),
  ];
}

/** Own time and the service's are parts of the whole, and as many as there were requests. */
function lieInTimes({ exchanges }: World, logs: readonly LogLine[], metrics: Exposition): string[] {
  const lines = linesById(logs);
  const routes = new Set(exchanges.map(({ route }) => route));
  return [...routes].flatMap((route) => {
    const all = exchanges.filter((exchange) => exchange.route === route && exchange.status !== 101);
    const asked = all.filter((exchange) => attemptsOf(exchange, lines) > 0);
    const read = (part: string, what: string) =>
      sumOf(metrics, `sluice_request_${part}duration_seconds_${what}`, { route });
    const logged = all.reduce((sum, { id }) => sum + Number(lines.get(id)?.[0]?.durationMs ?? 0), 0) / 1_000;
    const [total, own, upstream] = [read("", "sum"), read("gateway_", "sum"), read("upstream_", "sum")];
    // The log rounds to a hundredth of a millisecond.
    const rounding = all.length * 0.00001;
    const isBare = all.some((exchange) => exchange.isBare);
    const facts: readonly [string, boolean][] = [
      ["count", read("", "count") === all.length],
      ["own count", read("gateway_", "count") === all.length],
      ["upstream count", read("upstream_", "count") === asked.length],
      ["sum", isBare || Math.abs(total - logged) <= rounding],
      ["own time", own >= 0 && own <= total + 1e-6],
      ["parts", own + upstream <= total + 1e-6],
    ];
    const wrong = facts.filter(([, isTrue]) => !isTrue).map(([name]) => name);
    return wrong.length === 0
      ? []
      : [`times of ${route}: ${wrong} (${JSON.stringify({ total, logged, own, upstream })})`];
  });
}

/** At rest nothing is under way, and every connection has been counted. */
function lieAtRest({ connections }: World, metrics: Exposition): string[] {
  const zero = [
    "sluice_requests_in_flight",
    "sluice_process_requests_in_flight",
    "sluice_process_connections",
    "sluice_listener_connections",
    "sluice_listener_tunnels",
    "sluice_upstream_connections_in_use",
    "sluice_upstream_tunnels",
    "sluice_upstream_requests_pending",
    "sluice_listener_connections_refused_total",
  ];
  const accepted = sumOf(metrics, "sluice_listener_connections_accepted_total");
  return [
    ...zero.flatMap((name) => (sumOf(metrics, name) === 0 ? [] : [`${name} is ${sumOf(metrics, name)} at rest`])),
    ...(accepted === connections ? [] : [`${accepted} connections were accepted, ${connections} were opened`]),
  ];
}
