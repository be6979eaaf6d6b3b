import { swagger } from "@elysiajs/swagger";
import { Elysia, t, ValidationError } from "elysia";
import { Problem, problemResponse, Refusal } from "./problem.ts";

/** What tells one service from another. */
export interface ServiceInfo {
  /** First segment of its paths. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** Query of a list: which page, and how many items to a page. */
export const Paging = {
  page: t.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  size: t.Integer({ minimum: 1, maximum: 100, default: 20 }),
};

/** Path of one item. */
export const ById = t.Object({ id: t.Integer({ minimum: 1 }) });

/** What all services have: an OpenAPI document, a health check, refusals as problems, and endpoints that misbehave. */
export function createService(info: ServiceInfo) {
  return new Elysia({ name: info.name })
    .use(
      swagger({
        path: "/docs",
        specPath: "/openapi.json",
        documentation: { info: { title: info.title, description: info.description, version: "1.0.0" } },
      }),
    )
    .model({ Problem })
    .onError(({ code, error }) => refuse(code, error))
    .get("/health", () => ({ status: "up" }), {
      response: t.Object({ status: t.String() }),
      detail: { summary: "Tells that the service is up" },
    })
    .get(`/${info.name}/slow`, async ({ query }) => ({ waitedMs: await wait(query.ms) }), {
      query: t.Object({ ms: t.Integer({ minimum: 0, maximum: SLOWEST_MS, default: 1_000 }) }),
      response: t.Object({ waitedMs: t.Integer() }),
      detail: { summary: "Answers late", tags: ["trouble"] },
    })
    .get(`/${info.name}/fail`, ({ query }) => problemResponse(query.status, "You asked for this failure."), {
      query: t.Object({ status: t.Integer({ minimum: 400, maximum: 599, default: 503 }) }),
      detail: { summary: "Fails with the status you name", tags: ["trouble"] },
    });
}

const SLOWEST_MS = 60_000;

async function wait(ms: number): Promise<number> {
  await Bun.sleep(ms);
  return ms;
}

function refuse(code: unknown, error: unknown): Response {
  if (error instanceof Refusal) return problemResponse(error.status, error.message);
  if (error instanceof ValidationError) return problemResponse(422, validationText(error));
  if (code === "NOT_FOUND") return problemResponse(404, "There is nothing at this path.");
  if (code === "PARSE") return problemResponse(422, "The body is not JSON.");
  return problemResponse(500, "The service failed.");
}

/** The first complaint in words. */
function validationText(error: ValidationError): string {
  const part = PARTS[error.type] ?? error.type;
  const complaint = error.valueError;
  if (complaint === undefined) return `The ${part} is not valid.`;
  return `The ${part} is not valid at ${complaint.path || "/"}: ${complaint.message}.`;
}

/** Elysia's names for parts of a request that have plainer ones. */
const PARTS: Readonly<Record<string, string>> = { params: "path", property: "query" };
