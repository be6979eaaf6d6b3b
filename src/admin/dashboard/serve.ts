import type { AnyElysia } from "elysia";
import { GatewayError } from "../../errors.ts";
import { type Encoded, encode } from "../../openapi/encode.ts";
import { problemResponse } from "../problem.ts";
import { type DashboardFiles, dashboardFiles } from "./files.ts";

/** The page, and whatever it is made of. */
export interface Dashboard {
  /** Whether the path is one of its own: these hold no data, so anyone may have them. */
  owns(path: string): boolean;
  /** The file at that path, 304 if the client has it, else a 404. Rejects if the files cannot be put together. */
  answer(path: string, headers: Headers): Promise<Response>;
}

interface Published {
  readonly type: string;
  readonly content: Encoded;
  readonly caching: string;
}

const FOLDER = "/dashboard/";
/** Nothing but a name: whatever reads a path differently must not find another one behind it. */
const OWN = /^\/(?:dashboard\/[\w-]+(?:\.[\w-]+)+)?$/;

/**
 * Scripts and styles are files of the gateway, and the page speaks to the gateway alone. With trusted types the browser itself
 * refuses to read text as markup, so that no name, path or log line can become a part of the page.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SECURITY = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Nothing is read before somebody asks for the page; then it stays in memory. What has failed is tried again. */
export function createDashboard(read: () => Promise<DashboardFiles> = dashboardFiles): Dashboard {
  let published: Promise<ReadonlyMap<string, Published>> | undefined;
  const files = () => {
    published ??= read().then(publish);
    published.catch(() => {
      published = undefined;
    });
    return published;
  };
  return {
    owns: (path) => OWN.test(path),
    async answer(path, headers) {
      const file = (await files()).get(path);
      return file === undefined ? problemResponse(new GatewayError("route_not_found")) : answerWith(file, headers);
    },
  };
}

/** The endpoints that give it out. */
export function addDashboard(app: AnyElysia, dashboard: Dashboard): AnyElysia {
  return app
    .get("/", ({ request }) => dashboard.answer("/", request.headers))
    .get("/dashboard/*", ({ path, request }) => dashboard.answer(path, request.headers));
}

/** Everything but the page has a name of its own for each content, so that browsers may keep it for good. */
function publish({ html, script, style, icon }: DashboardFiles): ReadonlyMap<string, Published> {
  const kept = "public, max-age=31536000, immutable";
  const parts = [
    { name: "app.js", type: "text/javascript; charset=utf-8", content: encode(script) },
    { name: "app.css", type: "text/css; charset=utf-8", content: encode(style) },
    { name: "icon.svg", type: "image/svg+xml", content: encode(icon) },
  ];
  const named = parts.map((part) => ({ ...part, path: FOLDER + part.name.replace(".", `.${part.content.tag}.`) }));
  const page = named.reduce((text, { name, path }) => text.replaceAll(FOLDER + name, path), html);
  return new Map<string, Published>([
    ["/", { type: "text/html; charset=utf-8", content: encode(page), caching: "no-cache" }],
    ...named.map(({ path, type, content }) => [path, { type, content, caching: kept }] as const),
  ]);
}

function answerWith({ type, content, caching }: Published, asked: Headers): Response {
  const coding = (["br", "gzip"] as const).find((name) => acceptsCoding(asked.get("accept-encoding") ?? "", name));
  const tag = coding === undefined ? content.tag : `${content.tag}-${coding}`;
  const headers = new Headers({ ...SECURITY, etag: `"${tag}"`, "cache-control": caching, vary: "accept-encoding" });
  if (hasTag(asked.get("if-none-match") ?? "", tag)) return new Response(null, { status: 304, headers });
  headers.set("content-type", type);
  if (coding === undefined) return new Response(content.plain, { headers });
  headers.set("content-encoding", coding);
  return new Response(content[coding], { headers });
}

/** RFC 9110 §13.1.2: weak comparison. */
function hasTag(condition: string, tag: string): boolean {
  return condition.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === `"${tag}"`);
}

/** RFC 9110 §12.5.3: named, and not with the weight 0. */
function acceptsCoding(header: string, coding: string): boolean {
  return header.split(",").some((item) => {
    const [name, ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    return name === coding && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
}
