import { describe, expect, test } from "bun:test";
import { installedVersion, type Setup } from "./contender.ts";
import { caddy } from "./contenders/caddy.ts";
import { haproxy } from "./contenders/haproxy.ts";
import { nginx } from "./contenders/nginx.ts";
import { sluice } from "./contenders/sluice.ts";
import { whyUnfit } from "./machine.ts";
import { readOptions } from "./options.ts";
import { freePorts } from "./ports.ts";
import { SCENARIOS } from "./scenarios.ts";

const known = { contenders: ["sluice", "nginx", "haproxy"], scenarios: ["small", "large"] };
const read = (...args: string[]) => readOptions(args, known);

describe("command line", () => {
  test("without options, everything runs in five rounds of one second", () => {
    expect(read()).toEqual({
      contenders: ["sluice", "nginx", "haproxy"],
      scenarios: ["small", "large"],
      rounds: 5,
      seconds: 1,
      warmSeconds: 1,
      json: undefined,
      isMarkdown: false,
      isProfile: false,
      isHelp: false,
    });
  });

  test("--quick is one round of one second, and --rounds and --seconds still count", () => {
    expect(read("--quick")).toMatchObject({ rounds: 1, seconds: 1, warmSeconds: 1 });
    expect(read("--seconds", "0.5", "--quick", "--rounds=7")).toMatchObject({ rounds: 7, seconds: 0.5 });
  });

  test("--only and --scenario keep the usual order", () => {
    const options = read("--only", "nginx", "--only", "sluice", "--scenario", "large");
    expect(options.contenders).toEqual(["sluice", "nginx"]);
    expect(options.scenarios).toEqual(["large"]);
  });

  test("--json, --markdown and --help are passed on", () => {
    expect(read("--json", "out.json", "--markdown", "--profile", "--help")).toMatchObject({
      json: "out.json",
      isMarkdown: true,
      isProfile: true,
      isHelp: true,
    });
  });

  test.each([
    [["--only", "envoy"], "--only: expected one of sluice, nginx, haproxy, found envoy"],
    [["--scenario", "huge"], "--scenario: expected one of small, large, found huge"],
    [["--rounds", "0"], "--rounds: expected a number above 0, found 0"],
    [["--rounds", "1.5"], "--rounds: expected a whole number, found 1.5"],
    [["--seconds", "soon"], "--seconds: expected a number above 0, found soon"],
    [["--seconds=Infinity"], "--seconds: expected a number above 0, found Infinity"],
    [["--fast"], "--fast"],
    [["sluice"], "sluice"],
  ])("%p is refused", (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});

describe("scenarios", () => {
  test("have the sizes they are named for", () => {
    const sizes = SCENARIOS.map(({ name, body, connections }) => [name, body.length, connections]);
    expect(sizes).toEqual([
      ["bare", 55, 64],
      ["small", 55, 64],
      ["large", 102_400, 64],
      ["huge", 1_048_576, 64],
      ["upload", 55, 64],
      ["upload-1m", 55, 64],
      ["tls", 55, 64],
      ["cached", 55, 64],
      ["cached-large", 102_400, 64],
      ["many", 55, 1_000],
      ["idle", 55, 64],
      ["jwt", 55, 64],
      ["observed", 55, 64],
      ["open", 55, 256],
    ]);
  });

  test("the small body is JSON", () => {
    expect(JSON.parse(SCENARIOS[0]?.body.toString() ?? "")).toHaveProperty("email");
  });
});

describe("contenders", () => {
  const certificate = { certFile: "/bench/cert.pem", keyFile: "/bench/key.pem", pairFile: "/bench/pair.pem" };
  const setup: Setup = {
    port: 4001,
    adminPort: 4002,
    upstreamPort: 4003,
    barePort: 4004,
    tlsPort: 4005,
    certificate,
    dir: "/bench",
  };

  test.each([sluice, nginx, haproxy, caddy])("$name listens on its port and keeps 1,024 connections", (contender) => {
    const { files, command } = contender.plan(setup);
    const [[name, text] = ["", ""], ...others] = Object.entries(files);
    expect(others).toEqual([]);
    expect(text).toMatch(/127\.0\.0\.1\W+(port: )?4001/);
    expect(text).toContain("127.0.0.1:4003");
    expect(text).toMatch(/127\.0\.0\.1\W+(port: )?4004/);
    expect(text).toMatch(/127\.0\.0\.1\W+(port: )?4005/);
    expect(text).toContain("1024");
    expect(command.join(" ")).toEndWith(`/bench/${name}`);
  });

  test("nginx, HAProxy and Caddy have one worker, and none logs requests", () => {
    expect(nginx.plan(setup).files["nginx.conf"]).toContain("worker_processes 1;");
    expect(nginx.plan(setup).files["nginx.conf"]).toContain("access_log off;");
    expect(haproxy.plan(setup).files["haproxy.cfg"]).toContain("nbthread 1\n");
    expect(haproxy.plan(setup).files["haproxy.cfg"]).not.toContain("log");
    expect(caddy.plan(setup).env).toMatchObject({ GOMAXPROCS: "1" });
  });

  test("Sluice is measured with no plugin but the cache, on a path of its own, and with its second port taken", () => {
    const yaml = sluice.plan(setup).files["gateway.yaml"] ?? "";
    expect(yaml).toContain("admin: { host: 127.0.0.1, port: 4002 }");
    expect(yaml.match(/plugins/g)).toHaveLength(1);
    expect(yaml).toContain("path: /cached/*, service: bench, plugins: { cache: {} }");
  });

  test("a program that is not installed has no version", () => {
    expect(installedVersion(["sluice-no-such-program", "-v"])).toBeUndefined();
    expect(installedVersion(["bun", "--version"])).toBe(Bun.version);
  });
});

describe("machine", () => {
  const machine = { cpu: "a CPU", cores: 2, memoryGib: 4, kernel: "6.1" };

  test("needs Linux and two cores", () => {
    expect(whyUnfit(machine, "darwin")).toContain("needs Linux, found darwin");
    expect(whyUnfit({ ...machine, cores: 1 }, "linux")).toContain("needs two cores");
  });

  test("free ports are different, and free", () => {
    const ports = freePorts(5);
    expect(new Set(ports).size).toBe(5);
    for (const port of ports) {
      const listener = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
      expect(listener.port).toBe(port);
      listener.stop(true);
    }
  });
});
