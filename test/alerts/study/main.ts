import { join } from "node:path";
import { PROFILES, studyAnomalies } from "./anomalies.ts";
import { KEEPING, studyBurnRates } from "./burn-rates.ts";
import { anomalyTable, burnTable, withTable } from "./tables.ts";

// Measures what the rules find in generated traffic, and prints the tables of docs/alerts.md; --write puts them there.
// It takes half a minute, and finds the same each time.

const PAGE = join(import.meta.dir, "../../../docs/alerts.md");
const SEEDS = [1, 2, 3];

const burning = burnTable(KEEPING.map((profile) => studyBurnRates(profile, { weeks: 8, seeds: SEEDS })));
const unusual = anomalyTable(PROFILES.map((profile) => studyAnomalies(profile, { weeks: 10, seeds: SEEDS })));
console.log(`${burning}\n\n${unusual}`);
if (Bun.argv.includes("--write")) {
  const page = await Bun.file(PAGE).text();
  await Bun.write(PAGE, withTable(withTable(page, "burn rates", burning), "anomalies", unusual));
}
