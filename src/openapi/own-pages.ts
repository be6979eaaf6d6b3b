import { ownPaths } from "../config/openapi-paths.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { Reply } from "../message/reply.ts";
import { answerWith } from "./answer.ts";
import { Documents, type DocumentsOptions } from "./documents/documents.ts";
import { createDocsPage } from "./page.ts";

/** What the gateway answers itself at its public ports. */
export interface OwnPages {
  readonly paths: ReadonlySet<string>;
  readonly documents: Documents;
  /** Answers a request for one of them. Throws GatewayError. */
  answer(ctx: Context): Promise<Reply>;
}

/** For a request that comes before the first merge is done. */
const FIRST_MS = 5_000;

/** The pages of an `openapi:` section. */
export function createOwnPages(options: DocumentsOptions): OwnPages {
  const { openapi } = options;
  const { docs } = openapi;
  const documents = new Documents(options);
  const page = docs === false ? undefined : createDocsPage(openapi, docs);
  return {
    paths: new Set(ownPaths(openapi)),
    documents,
    async answer({ request, signal }) {
      const { method, path } = request;
      if (method !== "GET" && method !== "HEAD") {
        throw new GatewayError("method_not_allowed", { headers: { allow: "GET, HEAD" } });
      }
      const publication = (await page?.at(path)) ?? documents.at(path) ?? (await afterFirst(documents, path, signal));
      if (publication !== undefined) return answerWith(request, publication);
      const detail = "The document is not there yet";
      throw new GatewayError("overloaded", { detail, headers: { "retry-after": "1" } });
    },
  };
}

async function afterFirst(documents: Documents, path: string, signal: AbortSignal) {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, FIRST_MS);
  const onAbort = () => late.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await Promise.race([documents.first, late.promise]);
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
  return documents.at(path);
}
