/** The gateway's use of the machine at one moment. */
export interface Sample {
  /** Since the start of the load. */
  readonly seconds: number;
  /** Resident memory. */
  readonly bytes: number;
  readonly fds: number;
  /** Connections of all pools, open and in use. */
  readonly open: number;
  readonly inUse: number;
  readonly pending: number;
}

/** Of the time, before growth counts. */
const WARM_UP = 0.25;
/** Memory that may come and go with the collector of garbage. */
const FREE_BYTES = 24 * 1_048_576;
const FREE_SHARE = 0.1;
/** Client connections come and go with the load. */
const FREE_FDS = 40;
/** Of a processor, for the collector of garbage; each timer that ticks without a reason adds to it. */
const FREE_IDLE_SHARE = 0.1;

/** What has grown between the first and the last third of the time after the warm-up. */
export function growth(samples: readonly Sample[]): readonly string[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.floor(warm.length / 3);
  if (third === 0) return ["the soak was too short to tell growth"];
  const early = warm.slice(0, third);
  const late = warm.slice(-third);
  const check = (what: string, of: (sample: Sample) => number, free: (before: number) => number, unit: number) => {
    const [before, after] = [median(early.map(of)), median(late.map(of))];
    return after - before > free(before)
      ? [`${what} grew from ${Math.round(before / unit)} to ${Math.round(after / unit)}`]
      : [];
  };
  return [
    ...check(
      "memory (MB)",
      ({ bytes }) => bytes,
      (before) => FREE_BYTES + before * FREE_SHARE,
      1_048_576,
    ),
    ...check(
      "file descriptors",
      ({ fds }) => fds,
      () => FREE_FDS,
      1,
    ),
    ...check(
      "connections of pools",
      ({ open }) => open,
      () => FREE_FDS,
      1,
    ),
  ];
}

/** What the gateway still holds when all clients have left; `before` is from before the first came. */
export function remains(before: Sample, after: Sample): readonly string[] {
  const problems: string[] = [];
  if (after.inUse > 0) problems.push(`${after.inUse} connections of pools are still in use`);
  if (after.pending > 0) problems.push(`${after.pending} requests still wait for a connection`);
  const leaked = after.fds - after.open - (before.fds - before.open);
  if (leaked > 0) problems.push(`${leaked} file descriptors are left open`);
  return problems;
}

/** What the gateway does while there is nothing to do, from its share of a processor. */
export function unrest(share: number): readonly string[] {
  const percent = Math.round(share * 100);
  return share > FREE_IDLE_SHARE ? [`without clients it still uses ${percent} % of a processor: timers are left`] : [];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
