import { GatewayError } from "../errors.ts";

/** The request, with a body that is the client's to get right: whoever reads it, what cannot be read is `bad_request`. */
export function readable(request: Request): Request {
  const json = request.json.bind(request);
  const formData = request.formData.bind(request);
  return Object.assign(request, {
    json: () => json().catch(() => malformed("The body is no JSON")),
    formData: () => formData().catch(() => malformed("The body is no form")),
  });
}

function malformed(detail: string): never {
  throw new GatewayError("bad_request", { detail });
}
