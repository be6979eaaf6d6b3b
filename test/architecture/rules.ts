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
  plugin: [...BASE, "config", "identity", "keys", "openapi", "policy", "store", "timeouts"],
  policy: [...BASE, "identity", "keys"],
  keys: [...BASE, "routing", "store"],
  routing: [...BASE, "config"],
  overload: [...BASE, "config"],
  timeouts: [],
  identity: [...BASE, "config", "store", "timeouts"],
  upstream: PARTS,
  edge: PARTS,
  admin: [...PARTS, "identity", "store", "traffic", "upstream"],
  store: [...BASE, "config", "timeouts"],
  openapi: [...PARTS, "policy", "routing"],
  traffic: [...PARTS, "routing", "scope", "store", "upstream"],
  journey: [...BASE, "plugin"],
  pipeline: [...BASE, "journey", "plugin"],
  scope: [...BASE, "openapi", "plugin", "store"],
  registry: [...PARTS, "testing"],
  deprecation: [...BASE, "config"],
  snapshot: [...PARTS, "admin", "pipeline", "routing", "traffic", "upstream"],
  compile: [
    ...PARTS,
    "overload",
    "admin",
    "deprecation",
    "pipeline",
    "routing",
    "scope",
    "snapshot",
    "store",
    "openapi",
    "traffic",
    "upstream",
  ],
  enter: [...PARTS, "compile", "pipeline", "routing", "snapshot"],
  gateway: [...PARTS, "overload", "compile", "enter", "scope", "snapshot", "store", "upstream", "edge"],
  view: [...PARTS, "admin", "snapshot", "store", "upstream"],
  listeners: [...PARTS, "admin", "edge", "gateway", "scope", "view"],
  boot: [...PARTS, "compile", "gateway", "scope"],
  workers: [
    ...PARTS,
    "admin",
    "boot",
    "compile",
    "edge",
    "gateway",
    "listeners",
    "registry",
    "scope",
    "store",
    "upstream",
    "view",
  ],
  run: [...PARTS, "boot", "gateway", "listeners", "scope", "store", "workers"],
  cli: [...PARTS, "compile", "gateway", "identity", "boot", "registry", "routing", "run", "scope", "store", "workers"],
  main: ["cli"],
  testing: [...PARTS, "admin", "openapi", "pipeline", "scope", "store"],
};

/** One dependency, one place: the only files (or folders, with a slash at the end) that may load it. */
export const HOME_OF: Readonly<Record<string, readonly string[]>> = {
  elysia: ["src/edge/serve.ts", "src/admin/"],
  "@elysiajs/swagger": ["src/openapi/page.ts"],
  "@scalar/openapi-upgrader": ["src/openapi/upgrade.ts"],
  ioredis: ["src/store/redis.ts", "src/store/redis/"],
  jose: ["plugins/jwt.ts", "plugins/jwt/"],
  yaml: ["src/config/document.ts"],
  ajv: ["plugins/validate/"],
  "ajv/dist/2020": ["plugins/validate/"],
  "ajv/dist/2020.js": ["plugins/validate/"],
  "ajv-formats": ["plugins/validate/"],
  re2js: ["plugins/validate/"],
  "@sinclair/typebox/value": ["src/config/validate.ts"],
};

/** Lines of a file, at most. */
export const MOST_LINES = 300;
