import { GatewayError } from "../errors.ts";

/** What the body of an admin request says. Throws `bad_request` for what is no JSON. */
export async function jsonBody(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new GatewayError("bad_request", { detail: "The body is no JSON" });
  }
}
