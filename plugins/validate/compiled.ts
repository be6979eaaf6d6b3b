import { type DocumentedOperation, type JsonObject, objectAt, type Source, textAt } from "../../src/plugin.ts";
import { type BodyTypes, compileBodies } from "./bodies.ts";
import { brokenParts, type CompiledParameter, compileParameters } from "./parameters.ts";
import { compileReplies, type Replies } from "./replies.ts";
import { Schemas } from "./schemas.ts";

/** One operation, ready to check requests and replies. Its schemas are compiled when a value first needs them. */
export interface CompiledOperation {
  /** `GET /users/{id}`. */
  readonly name: string;
  readonly parameters: readonly CompiledParameter[];
  /** Undefined: the document says nothing of a body. */
  readonly body: (BodyTypes & { readonly isRequired: boolean }) | undefined;
  readonly replies: Replies;
}

/** Operations of one document that are kept compiled, at most; with more, all are compiled anew as they are asked for. */
const MOST_OPERATIONS = 2_000;

/** The compiled operations of all documents that are in use; those of one that was replaced go with it. */
export class CompiledOperations {
  readonly #bySource = new WeakMap<Source, CompiledDocument>();
  readonly #onUnchecked: (service: string, what: string) => void;

  /** @param onUnchecked told what of a service's document cannot be checked, and why */
  constructor(onUnchecked: (service: string, what: string) => void) {
    this.#onUnchecked = onUnchecked;
  }

  of(operation: DocumentedOperation): CompiledOperation {
    const { source } = operation;
    let document = this.#bySource.get(source);
    if (document === undefined || document.operations.size >= MOST_OPERATIONS) {
      const onUnchecked = (what: string) => this.#onUnchecked(source.service, what);
      document = {
        requests: new Schemas(source, "request", onUnchecked),
        replies: new Schemas(source, "response", onUnchecked),
        operations: new Map(),
      };
      this.#bySource.set(source, document);
    }
    const known = document.operations.get(operation);
    if (known !== undefined) return known;
    const compiled = compile(operation, document);
    document.operations.set(operation, compiled);
    return compiled;
  }
}

interface CompiledDocument {
  readonly requests: Schemas;
  readonly replies: Schemas;
  readonly operations: Map<DocumentedOperation, CompiledOperation>;
}

function compile(operation: DocumentedOperation, { requests, replies }: CompiledDocument): CompiledOperation {
  const { source, value, method, path } = operation;
  const name = `${method} ${path}`;
  const ref = textAt(value.requestBody, "$ref");
  const body: JsonObject | undefined = source.resolve(value.requestBody, "requestBody");
  return {
    name,
    parameters: [
      ...compileParameters(operation, requests),
      ...brokenParts(operation.brokenParameters, `the parameters of ${name}`, requests),
      ...brokenParts(body === undefined && ref !== undefined ? [ref] : [], `the body of ${name}`, requests),
    ],
    body:
      body === undefined
        ? undefined
        : { ...compileBodies(body, source, requests, name), isRequired: body.required === true },
    replies: compileReplies(objectAt(value, "responses"), source, replies, name),
  };
}
