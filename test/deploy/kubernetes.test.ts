import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { check } from "../../src/cli/check.ts";
import { runCommand } from "../cli/run.ts";
import { tempFolder } from "../support/temp.ts";
import { at, type Json, readYaml, stopSeconds, yamlFilesIn } from "./files.ts";
import { manifestFaults } from "./kubernetes-schema.ts";

const manifests = yamlFilesIn("kubernetes").flatMap((file) => readYaml("kubernetes", file));
const byKind = (kind: string, name = "sluice"): Json => {
  const found = manifests.find((one) => one.kind === kind && at(one, "metadata", "name") === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const config = String(at(byKind("ConfigMap"), "data", "gateway.yaml"));
const pod = at(byKind("Deployment"), "spec", "template", "spec");
const container = at(pod, "containers", 0);

describe("the Kubernetes manifests", () => {
  test("are there, and each once", () => {
    const names = manifests.map((one) => `${String(one.kind)} ${String(at(one, "metadata", "name"))}`);
    expect(names.sort()).toEqual([
      "ConfigMap sluice",
      "Deployment sluice",
      "HorizontalPodAutoscaler sluice",
      "NetworkPolicy sluice",
      "PodDisruptionBudget sluice",
      "Role sluice-discovery",
      "RoleBinding sluice-discovery",
      "Service sluice",
      "Service sluice-admin",
      "ServiceAccount sluice",
    ]);
  });

  test.each(manifests.map((one) => [String(one.kind), String(at(one, "metadata", "name")), one] as const))(
    "%s %s is what Kubernetes knows, and nothing else",
    (_kind, _name, manifest) => {
      expect(manifestFaults(manifest)).toEqual([]);
    },
  );

  test("a misspelled key or a wrong type is found", () => {
    const deployment = structuredClone(byKind("Deployment")) as { spec: { strategy: unknown; replicas?: unknown } };
    deployment.spec.replicas = "2";
    deployment.spec.strategy = { rollingupdate: {} };
    expect(manifestFaults(deployment).join("\n")).toMatch(/replicas: must be integer[\s\S]*rollingupdate/);
    expect(manifestFaults({ apiVersion: "apps/v2", kind: "Deployment" })).toEqual([
      "there is no Deployment in apps/v2",
    ]);
  });

  test("the configuration in them is valid", async () => {
    using folder = tempFolder();
    folder.write("gateway.yaml", config);
    expect(await runCommand(check, folder.path, [], { env: { ADMIN_TOKEN: "tUNq0vXw3Rk9sLd7" } })).toMatchObject({
      exitCode: 0,
      err: "",
    });
  });

  test("a pod is given the time that the gateway takes to stop", () => {
    expect(at(pod, "terminationGracePeriodSeconds")).toBeGreaterThanOrEqual(stopSeconds(parse(config)));
  });

  test("labels, ports and names fit together", () => {
    const labels = at(byKind("Deployment"), "spec", "template", "metadata", "labels");
    const ports = new Map(
      (at(container, "ports") as readonly Json[]).map(({ name, containerPort }) => [name, containerPort]),
    );
    expect(ports).toEqual(
      new Map([
        ["http", at(parse(config), "listen", "port")],
        ["admin", at(parse(config), "admin", "port")],
      ] as never),
    );
    for (const kind of ["sluice", "sluice-admin"].map((name) => byKind("Service", name))) {
      expect(at(kind, "spec", "selector")).toEqual(labels);
      expect([...ports.keys()]).toContain(at(kind, "spec", "ports", 0, "targetPort"));
    }
    expect(at(byKind("PodDisruptionBudget"), "spec", "selector", "matchLabels")).toEqual(labels);
    expect(at(byKind("Deployment"), "spec", "selector", "matchLabels")).toEqual(labels);
    expect(at(byKind("HorizontalPodAutoscaler"), "spec", "scaleTargetRef", "name")).toBe("sluice");
    expect(at(pod, "serviceAccountName")).toBe(at(byKind("ServiceAccount"), "metadata", "name") as string);
    expect(at(byKind("RoleBinding", "sluice-discovery"), "subjects", 0, "name")).toBe("sluice");
  });

  test("the admin port is for labelled pods alone, requests may come from everywhere", () => {
    const policy = byKind("NetworkPolicy");
    const labels = at(byKind("Deployment"), "spec", "template", "metadata", "labels");
    expect(at(policy, "spec", "podSelector", "matchLabels")).toEqual(labels);
    expect(at(policy, "spec", "policyTypes")).toEqual(["Ingress"]);
    const rules = at(policy, "spec", "ingress") as readonly Json[];
    const open = rules.filter(({ from }) => from === undefined).flatMap(({ ports }) => ports as readonly Json[]);
    expect(open.map(({ port }) => port)).toEqual(["http"]);
    const closed = rules.filter(({ from }) => from !== undefined);
    expect(closed.map((rule) => at(rule, "ports", 0, "port"))).toEqual(["admin"]);
    expect(at(closed[0], "from", 0, "podSelector", "matchLabels")).toEqual({ "sluice-admin": "true" });
  });

  test("probes ask the endpoints that need no token, on a port that the node reaches", () => {
    const path = (probe: string) => at(container, probe, "httpGet", "path");
    expect(["startupProbe", "readinessProbe", "livenessProbe"].map(path)).toEqual([
      "/health/ready",
      "/health/ready",
      "/health/live",
    ]);
    expect(at(parse(config), "admin")).toMatchObject({
      host: "0.0.0.0",
      token: expect.stringContaining("ADMIN_TOKEN"),
    });
  });

  test("the container has no rights and cannot write, and its configuration is a folder", () => {
    expect(at(pod, "securityContext")).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(at(container, "securityContext")).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      privileged: false,
      capabilities: { drop: ["ALL"] },
    });
    // With subPath a changed ConfigMap never arrives.
    expect(at(container, "volumeMounts")).toEqual([{ name: "config", mountPath: "/etc/sluice", readOnly: true }]);
    expect(at(byKind("Role", "sluice-discovery"), "rules")).toEqual([
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]);
  });
});
