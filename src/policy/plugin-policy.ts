import type { RouteInfo } from "../context.ts";
import type { ErrorCode } from "../errors.ts";

/** What JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Where a plugin is asked to describe itself: on the way of one route to one of its services. */
export interface PolicyPlace {
  readonly route: RouteInfo;
  readonly service: string | undefined;
  /** Whether requests of the method in question usually bring a body. */
  readonly hasBody: boolean;
}

/** Where a credential is, in the words of OpenAPI (3.1 §4.8.27). */
export type SecurityScheme = { readonly description?: string } & (
  | { readonly type: "http"; readonly scheme: string; readonly bearerFormat?: string }
  | { readonly type: "apiKey"; readonly in: "header" | "cookie" | "query"; readonly name: string }
  | { readonly type: "oauth2"; readonly flows: { readonly [key: string]: JsonValue } }
  | { readonly type: "openIdConnect"; readonly openIdConnectUrl: string }
);

/** The credential that a plugin wants to see. */
export interface PluginSecurity {
  /** The places where it may be, by names of letters, digits, dots, hyphens and underscores; one of them is enough. */
  readonly schemes: Readonly<Record<string, SecurityScheme>>;
  /** Scopes that are needed, all of them. */
  readonly scopes?: readonly string[];
  /** True if requests without the credential pass. */
  readonly isOptional?: boolean;
}

/** A header of an answer. */
export interface AnswerHeader {
  readonly description: string;
  /** A JSON Schema of its value; a text unless told. */
  readonly schema?: { readonly [key: string]: JsonValue };
  /** True if the answer may be without it. */
  readonly mayBeMissing?: boolean;
}

/** A refusal by a GatewayError. Status and body follow from its code. */
export interface PluginRefusal {
  readonly code: ErrorCode;
  /** When it happens, for people: a sentence that begins with a capital and ends with a full stop. */
  readonly when: string;
  /** By name. */
  readonly headers?: Readonly<Record<string, AnswerHeader>>;
}

/** An answer that is no error of the gateway's: a redirect, or what another service has said. */
export interface PluginReply {
  /** `4XX` where only the class is known. */
  readonly status: number | "2XX" | "3XX" | "4XX" | "5XX";
  readonly description: string;
  readonly headers?: Readonly<Record<string, AnswerHeader>>;
  /** Media type → JSON Schema of what is in it. */
  readonly content?: Readonly<Record<string, { readonly [key: string]: JsonValue }>>;
}

/** What a plugin does to the requests of a route, for those who send them: the OpenAPI document is made of it. */
export interface PluginPolicy {
  readonly security?: PluginSecurity;
  /** True if nobody passes who is not known, whatever other plugins let through. */
  readonly needsCaller?: boolean;
  /** True if it may know a caller by something that is no credential of `security`. */
  readonly mayKnowCaller?: boolean;
  readonly refusals?: readonly PluginRefusal[];
  readonly replies?: readonly PluginReply[];
  /** Headers that the plugin adds to what a service answers, whatever its status, by name. */
  readonly headers?: Readonly<Record<string, AnswerHeader>>;
  /** For programs, such as `x-ratelimit`. */
  readonly extensions?: { readonly [key: `x-${string}`]: JsonValue };
  /** Sentences for people. */
  readonly notes?: readonly string[];
}
