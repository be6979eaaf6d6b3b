import { UNRESOLVED } from "../files/unresolved.ts";
import { type JsonObject, objectAt, textAt } from "../json.ts";
import type { Source } from "../source.ts";
import type { Tags } from "./tags.ts";

/** What a merged document says of itself. */
interface Info {
  readonly title: string;
  readonly version: string;
}

interface Sections {
  readonly tags: Tags;
  readonly paths: JsonObject;
  readonly webhooks: JsonObject;
  readonly components: JsonObject;
}

/** The merged document from its parts; what services say of themselves as a whole is under `x-services`. */
export function rootObject(
  { title, version }: Info,
  sources: readonly Source[],
  { tags: { tags, groups }, paths, webhooks, components }: Sections,
): JsonObject {
  const isLater = sources.some(({ document }) => textAt(document, "openapi")?.startsWith("3.2"));
  const services = sources.map(({ service, document }) => {
    const extensions = Object.entries(document).filter(([key]) => key.startsWith("x-") && key !== UNRESOLVED);
    return [service, { ...objectAt(document, "info"), ...Object.fromEntries(extensions) }] as const;
  });
  return {
    openapi: isLater ? "3.2.0" : "3.1.1",
    info: { title, version },
    servers: [{ url: "/" }],
    tags,
    ...(groups.length > 0 && { "x-tagGroups": groups }),
    paths,
    ...(Object.keys(webhooks).length > 0 && { webhooks }),
    ...(Object.keys(components).length > 0 && { components }),
    ...(services.length > 0 && { "x-services": Object.fromEntries(services) }),
  };
}
