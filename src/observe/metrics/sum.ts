import { type Family, type HistogramSeries, isSameShape, type NumberSeries, seriesKey } from "./family.ts";

/**
 * The metrics of several processes as one: counters and histograms are added, gauges as their `together` says. A family
 * that another list has in another form, as one of an older configuration may, is left out of the sum. Families go by
 * name. The lists stay as they are.
 */
export function sumFamilies(...lists: readonly (readonly Family[])[]): readonly Family[] {
  const byName = Map.groupBy(lists.flat(), ({ name }) => name);
  return [...byName.values()].flatMap(sumOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One alone, as most are in a single process, is its own sum. */
function sumOf(families: readonly Family[]): readonly Family[] {
  const [first] = families;
  if (first === undefined || families.length === 1) return families;
  const same = families.filter((family) => isSameShape(first, family));
  if (first.type === "histogram")
    return [{ ...first, series: combined(same.flatMap(distributions), addDistributions) }];
  const combine = COMBINE[(first.type === "gauge" ? first.together : undefined) ?? "sum"];
  const add = (a: NumberSeries, b: NumberSeries) => ({ labels: a.labels, value: combine(a.value, b.value) });
  return [{ ...first, series: combined(same.flatMap(numbers), add) }];
}

const COMBINE = { sum: (a: number, b: number) => a + b, max: Math.max, min: Math.min };

/** One series of all that have the same labels. */
function combined<S extends { readonly labels: readonly string[] }>(all: readonly S[], add: (a: S, b: S) => S): S[] {
  const sums = new Map<string, S>();
  for (const series of all) {
    const key = seriesKey(series.labels);
    const known = sums.get(key);
    sums.set(key, known === undefined ? series : add(known, series));
  }
  return [...sums.values()];
}

function addDistributions(a: HistogramSeries, b: HistogramSeries): HistogramSeries {
  return { labels: a.labels, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)), sum: a.sum + b.sum };
}

function numbers(family: Family): readonly NumberSeries[] {
  return family.type === "histogram" ? [] : family.series;
}

function distributions(family: Family): readonly HistogramSeries[] {
  return family.type === "histogram" ? family.series : [];
}
