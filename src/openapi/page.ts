import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";
import { documentPaths, PAGE_FILES } from "../config/openapi-paths.ts";
import type { OpenApiConfig } from "../config/schema-openapi.ts";
import type { Publication } from "./answer.ts";
import { docsScript } from "./docs-script.ts";
import { BROTLI_QUALITY, type Encoded, tagOf } from "./encode.ts";

/** The page on which people read the documents and try requests, and the scripts that it needs. */
export interface DocsPage {
  /** Undefined for a path that is not of the page. */
  at(path: string): Promise<Publication> | undefined;
}

/** Nothing from another host: no fonts, no statistics, no assistants, no proxy for the requests that are tried. */
const SCALAR = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  proxyUrl: "",
  customCss: "",
};

/** Where the page puts what Scalar makes. */
const ELEMENT = "reference";

/** The page of @elysiajs/swagger, with Scalar from the installed package. Nothing is read before somebody asks for it. */
export function createDocsPage(config: OpenApiConfig, docs: string): DocsPage {
  const files = new Map([
    [docs, once(() => readPage(config, docs))],
    [`${docs}/${PAGE_FILES.script}`, once(readScript)],
    [`${docs}/${PAGE_FILES.start}`, once(() => startScript(config))],
  ]);
  return { at: (path) => files.get(path)?.() };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * Scripts are files of the gateway, and requests go to the gateway alone, whatever a document says. Styles may be inline, for
 * Scalar makes them as it goes; they can load nothing either.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src data:",
  "connect-src 'self'",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE_FIELDS = ["content-security-policy", POLICY, "referrer-policy", "no-referrer", "x-frame-options", "DENY"];

async function readPage(config: OpenApiConfig, docs: string): Promise<Publication> {
  const title = escaped(config.title);
  const info = { title, version: escaped(config.version), description: title };
  const app = new Elysia().use(
    swagger({
      path: docs,
      provider: "scalar",
      scalarCDN: `${docs}/${PAGE_FILES.script}`,
      scalarConfig: { customCss: "" },
      documentation: { info },
    }),
  );
  const html = await (await app.handle(new Request(`http://gateway.invalid${docs}`))).text();
  const text = html
    .replaceAll(" crossorigin", "")
    // Its own way to begin knows of one document only.
    .replace(/<script\s+id="api-reference"[^>]*>\s*<\/script>/, `<div id="${ELEMENT}"></div>`)
    .replace("</body>", `<script src="${docs}/${PAGE_FILES.start}"></script></body>`)
    .replace("</head>", '<link rel="icon" href="data:,"></head>');
  return { type: "text/html; charset=utf-8", content: await compressed(Buffer.from(text)), fields: PAGE_FIELDS };
}

/** Begins with the document, or with all that there are, to choose from. */
async function startScript(config: OpenApiConfig): Promise<Publication> {
  const sources = documentPaths(config).map(({ audience, json }) => ({
    title: audience ?? config.title,
    slug: audience ?? mainSlug(config),
    url: json,
    default: audience === undefined,
  }));
  const text = `Scalar.createApiReference("#${ELEMENT}", ${JSON.stringify({ ...SCALAR, sources })});\n`;
  return { type: JAVASCRIPT, content: await compressed(Buffer.from(text)), fields: [] };
}

/** Stands for the one of all in the page's address. */
function mainSlug({ documents }: OpenApiConfig): string {
  let slug = "all";
  while (Object.hasOwn(documents, slug)) slug += "-";
  return slug;
}

/** The page puts texts into markup as they are. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const JAVASCRIPT = "text/javascript; charset=utf-8";

async function readScript(): Promise<Publication> {
  return { type: JAVASCRIPT, content: await compressed(await readFile(docsScript())), fields: [] };
}

/** On other threads: requests do not wait for it. */
async function compressed(plain: Uint8Array): Promise<Encoded> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  const [zipped, br] = await Promise.all([promisify(gzip)(plain), promisify(brotliCompress)(plain, { params })]);
  return { tag: tagOf(plain), plain, gzip: zipped, br };
}
