import { describe, expect, test } from "bun:test";
import { tempFolder } from "../support/temp.ts";
import { textOf } from "./files.ts";

const unit = textOf("systemd", "sluice.service");
const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
/** `shutdown-delay` of docs/deploying.md, the default `listen.timeouts.drain`, and 5 s for workers that hang. */
const LONGEST_STOP = 5 + 30 + 5;

describe("the systemd unit", () => {
  test("waits for the drain, and signals the parent alone", () => {
    expect(Number(settings.get("TimeoutStopSec"))).toBeGreaterThanOrEqual(LONGEST_STOP);
    expect(settings.get("KillMode")).toBe("mixed");
    expect(settings.get("ExecStartPre")).toBe("/usr/local/bin/sluice check");
  });

  test("has one user of its own, one capability, and a file system to read", () => {
    expect(Object.fromEntries(settings)).toMatchObject({
      DynamicUser: "yes",
      CapabilityBoundingSet: "CAP_NET_BIND_SERVICE",
      NoNewPrivileges: "yes",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      SystemCallErrorNumber: "EPERM",
    });
    // A program that compiles while it runs could not.
    expect(settings.has("MemoryDenyWriteExecute")).toBe(false);
  });

  test("is verified by systemd, and little exposed, where systemd is", () => {
    const analyze = Bun.which("systemd-analyze");
    if (analyze === null) return;
    using folder = tempFolder();
    // The program need not be installed where the tests run.
    const file = folder.write("sluice.service", unit.replaceAll("/usr/local/bin/sluice", "/bin/true"));
    const verified = Bun.spawnSync([analyze, "verify", file]);
    expect({ code: verified.exitCode, said: verified.stderr.toString() }).toEqual({ code: 0, said: "" });
    const judged = Bun.spawnSync([analyze, "security", "--offline=true", "--threshold=20", file]);
    expect(judged.exitCode).toBe(0);
  });
});
