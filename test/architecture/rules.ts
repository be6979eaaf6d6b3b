/** What everything else may stand on. */
const BASE = ["context", "errors", "message", "http1", "observe"];
const PARTS = [...BASE, "config", "plugin", "timeouts"];

/**
 * For each part of src/ (a folder, or a file without its ending) the other parts that it may import: the directions of
 * docs/architecture.md. A part that is not here may import nothing, so a new one is a decision made in this table.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  context: BASE,
  errors: [],
  message: BASE,
  http1: BASE,
  observe: BASE,
  config: [...BASE, "routing"],
  plugin: [...BASE, "config"],
  routing: [...BASE, "config"],
  timeouts: [],
  upstream: PARTS,
  edge: PARTS,
  admin: [...PARTS, "upstream"],
  store: PARTS,
  openapi: PARTS,
  pipeline: [...BASE, "plugin"],
  scope: [...BASE, "plugin"],
  "package-path": [],
  "plugin-shape": [],
  registry: [...PARTS, "package-path", "plugin-shape"],
  snapshot: [...PARTS, "pipeline", "routing", "upstream"],
  compile: [...PARTS, "pipeline", "registry", "routing", "upstream", "store", "openapi", "edge", "scope", "snapshot"],
  gateway: [...PARTS, "compile", "edge", "scope", "snapshot", "upstream", "admin", "store"],
  run: [...PARTS, "admin", "compile", "edge", "gateway", "scope", "upstream"],
  cli: [...PARTS, "admin", "compile", "gateway", "registry", "routing", "run", "scope"],
  main: ["cli"],
  testing: [...PARTS, "pipeline", "scope", "testing"],
};

/** One dependency, one place: the only files (or folders, with a slash at the end) that may load it. */
export const HOME_OF: Readonly<Record<string, readonly string[]>> = {
  elysia: ["src/edge/serve.ts", "src/admin/", "src/testing/lasting.ts"],
  "@elysiajs/swagger": ["src/openapi/page.ts"],
  ioredis: ["src/store/redis.ts"],
  jose: ["plugins/jwt.ts", "plugins/jwt/"],
  yaml: ["src/config/document.ts"],
  "@sinclair/typebox/value": ["src/config/validate.ts"],
};

/** Lines of a file, at most. */
export const MOST_LINES = 300;
