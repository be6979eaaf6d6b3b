import { t } from "elysia";

/** What a service answers when it refuses (RFC 9457). */
export const Problem = t.Object({
  title: t.String(),
  status: t.Integer(),
  detail: t.String(),
});

/** Thrown by a handler to refuse a request with a status and a sentence for the caller. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** Throws the 404 for what is not there. */
export function missing(what: string, id: number): never {
  throw new Refusal(404, `There is no ${what} ${id}.`);
}

/** A refusal as a response. */
export function problemResponse(status: number, detail: string): Response {
  return Response.json(
    { title: TITLES[status] ?? "The request failed", status, detail },
    { status, headers: { "content-type": "application/problem+json" } },
  );
}

const TITLES: Readonly<Record<number, string>> = {
  404: "Not found",
  409: "Conflict",
  422: "Not valid",
  500: "The service failed",
  503: "The service is not available",
};
