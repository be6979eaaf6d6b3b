import { resolve } from "node:path";

/** Folder of the project: what is installed with the gateway lives below it. */
export const PROJECT_DIRECTORY = resolve(import.meta.dir, "../..");

/** Folder of the plugins that are installed with the gateway. */
export const PLUGINS_DIRECTORY = resolve(PROJECT_DIRECTORY, "plugins");
