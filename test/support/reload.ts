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
