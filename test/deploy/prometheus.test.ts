import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { blocksOf, readPage } from "../docs/pages.ts";
import { at, DEPLOY, type Json, readYaml } from "./files.ts";
import { knownSamples } from "./known-samples.ts";
import { Expression } from "./promql.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Json;
  readonly annotations: Json;
}

const [file = {}] = readYaml("prometheus", "alerts.yml");
const groups = file.groups as readonly Json[];
const rules = groups.flatMap(({ rules }) => rules as readonly Rule[]);
const samples = await knownSamples();

const GROUP_KEYS = ["name", "rules"];
const RULE_KEYS = ["alert", "expr", "for", "labels", "annotations"];
const DURATION = /^(\d+h)?(\d+m)?(\d+s)?$/;

describe("the alert rules", () => {
  test("have no key that Prometheus does not know, and none twice", () => {
    expect(Object.keys(file)).toEqual(["groups"]);
    for (const group of groups) expect(Object.keys(group)).toEqual(GROUP_KEYS);
    for (const rule of rules) {
      expect(Object.keys(rule).filter((key) => !RULE_KEYS.includes(key))).toEqual([]);
      expect(String(at(rule, "for") ?? "1m")).toMatch(DURATION);
      expect(rule.alert).toMatch(/^Sluice[A-Z][A-Za-z]+$/);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
  });

  test.each(rules.map((rule) => [rule.alert, rule] as const))("%s is about metrics that there are", (_, rule) => {
    const expression = new Expression(rule.expr, samples);
    expect(expression.faults).toEqual([]);
    expect(["critical", "warning", "info"]).toContain(String(rule.labels.severity));
    // What a text tells has to be a label of the result.
    const texts = Object.values(rule.annotations).join(" ");
    for (const [, label = ""] of texts.matchAll(/\$labels\.(\w+)/g)) expect([...expression.labels]).toContain(label);
    expect(Object.keys(rule.annotations)[0]).toBe("summary");
  });

  test("name no metric in their texts that there is not", () => {
    const named = rules.flatMap(({ annotations }) => JSON.stringify(annotations).match(/sluice_[a-z_]+/g) ?? []);
    expect(named.length).toBeGreaterThan(5);
    const isKnown = (name: string) => samples.get(name) !== undefined || samples.get(`${name}_count`) !== undefined;
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
  });

  test("are taken by Prometheus, where its tool is", () => {
    const promtool = Bun.which("promtool");
    if (promtool === null) return;
    const folder = join(DEPLOY, "prometheus");
    const rules = Bun.spawnSync([promtool, "check", "rules", join(folder, "alerts.yml")]);
    expect({ code: rules.exitCode, said: rules.stderr.toString() }).toEqual({ code: 0, said: "" });
    const config = Bun.spawnSync([promtool, "check", "config", "--syntax-only", join(folder, "prometheus.yml")]);
    expect({ code: config.exitCode, said: config.stderr.toString() }).toEqual({ code: 0, said: "" });
  });
});

describe("an expression", () => {
  test.each([
    ["sluice_request_total", "there is no metric sluice_request_total"],
    ['sluice_requests_total{service="a"}', "sluice_requests_total has no label service"],
    ["sum by (target) (sluice_requests_total)", "cannot be grouped by target"],
    ["rate(sluice_requests_in_flight[5m])", "rate of sluice_requests_in_flight, which is no counter"],
    ["sum by (route (sluice_requests_total)", "not PromQL"],
    ["histogram_quantile(0.9, sum by (route) (rate(sluice_request_duration_seconds_bucket[5m])))", "without le"],
    ["histogram_quantile(0.9, sum by (route) (rate(sluice_request_duration_seconds_sum[5m])))", "no buckets"],
  ])("%s is found to be wrong", (text, fault) => {
    expect(new Expression(text, samples).faults.join("; ")).toContain(fault);
  });
});

test.each(blocksOf(readPage("docs/metrics.md"), "promql").map(({ place, text }) => [place, text] as const))(
  "the query at %s is about metrics that there are",
  (_place, text) => {
    expect(new Expression(text.trim(), samples).faults).toEqual([]);
  },
);

test("Prometheus reads what the gateways have, by the job that the rules name", () => {
  const [config = {}] = readYaml("prometheus", "prometheus.yml");
  const [job] = config.scrape_configs as readonly Json[];
  expect(job?.job_name).toBe("sluice");
  expect(config.rule_files).toEqual(["alerts.yml"]);
  expect(at(job, "dns_sd_configs", 0, "port")).toBe(9090);
});
