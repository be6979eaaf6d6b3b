import { buildDashboard } from "./build.ts";

/** What the dashboard is made of: texts as browsers get them. */
export interface DashboardFiles {
  /** Names the other three as `/dashboard/app.js`, `/dashboard/app.css` and `/dashboard/icon.svg`. */
  readonly html: string;
  readonly script: string;
  readonly style: string;
  readonly icon: string;
}

let embedded: DashboardFiles | undefined;

/** Makes these the dashboard, in place of the folder `page`: for a program that is one file. Called once, before anything else. */
export function embedDashboard(files: DashboardFiles): void {
  embedded = files;
}

/** The files that are embedded, else those of the folder. Rejects if they cannot be read or put together. */
export async function dashboardFiles(): Promise<DashboardFiles> {
  return embedded ?? (await buildDashboard());
}
