import { isObject, type JsonObject, objectAt } from "../json.ts";
import type { Report } from "../report.ts";
import type { Source } from "../source.ts";
import { nameOf, order } from "./names.ts";
import type { WriterOf } from "./writer.ts";

/** What a service calls at its clients (OpenAPI 3.1 §4.8.1): it does not pass the gateway, but is part of the document. */
export interface Webhook {
  readonly source: Source;
  readonly name: string;
  readonly value: JsonObject;
}

/** Those of a document that are not internal. */
export function webhooksOf(source: Source): readonly Webhook[] {
  return Object.entries(objectAt(source.document, "webhooks") ?? {}).flatMap(([name, value]) =>
    isObject(value) && value["x-internal"] !== true ? [{ source, name, value }] : [],
  );
}

/** The section `webhooks`: a name that several services have gets the service's before it. */
export function writeWebhooks(webhooks: readonly Webhook[], writerOf: WriterOf, report: Report): JsonObject {
  const owners = Map.groupBy(webhooks, ({ name }) => name);
  const written = webhooks.map(({ source, name, value }) => {
    const isShared = (owners.get(name)?.length ?? 0) > 1;
    const next = isShared ? `${nameOf(source.service)}_${name}` : name;
    if (isShared) {
      const message = `the webhook ${name} is ${next}, for others have one too`;
      report.add({ kind: "webhook-renamed", service: source.service, message });
    }
    return [next, writerOf(source)(value, "pathItem")] as const;
  });
  return Object.fromEntries(written.sort(([a], [b]) => order(a, b)));
}
