import { writeFileSync } from "node:fs";
import type { ConfigReport, ReloadReport } from "../../src/reload/report.ts";
import type { GatewayProcess, LogLine } from "./gateway.ts";
import { adminJson } from "./workers.ts";

type Asked = Pick<GatewayProcess, "adminPort">;

/** Asks for a reload, and answers what became of it. */
export async function reload({ adminPort }: Asked): Promise<ReloadReport & { readonly status: number }> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/api/reload`, { method: "POST" });
  return { ...((await response.json()) as ReloadReport), status: response.status };
}

export function configReport(gateway: Asked): Promise<ConfigReport> {
  return adminJson<ConfigReport>(gateway, "/api/config");
}

/** Writes gateway.yaml anew, with the ports that it began with. */
export async function rewrite({ configFile }: Pick<GatewayProcess, "configFile">, yaml: string): Promise<void> {
  const written = await Bun.file(configFile).text();
  const ports = written.split("\n").filter((line) => /^(listen|admin): \{ host: 127\.0\.0\.1, port: 0 \}$/.test(line));
  await Bun.write(configFile, `${ports.map((line) => `${line}\n`).join("")}${yaml}`);
}

export function isTakenOver({ msg }: LogLine): boolean {
  return msg === "the configuration was taken over";
}

export function isRefused({ msg }: LogLine): boolean {
  return msg === "the configuration was not taken over: the one before stays";
}

/** Writes a text piece by piece, with small pauses; answers how long one has become, in ms. */
export async function writeInSteps(file: string, text: string): Promise<number> {
  let [longest, last] = [0, performance.now()];
  for (let end = 8; ; end += 8) {
    writeFileSync(file, text.slice(0, end));
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    if (end >= text.length) return longest;
    await Bun.sleep(10);
  }
}
