import type { PluginOrigin } from "../config/effective.ts";
import type { Explanation } from "../observe/explanation.ts";

/** Why a route did not get the request. */
export interface Loss {
  readonly by: "path" | "method" | "host" | "header" | "query" | "better-match";
  readonly reason: string;
}

/** A route, and what it has to do with the request. */
export interface Candidate {
  readonly name: string;
  readonly path: string;
  /** File and line. */
  readonly place: string;
  readonly isTaken: boolean;
  /** Empty for the route that takes it. */
  readonly losses: readonly Loss[];
}

/** An option of a plugin as it is at work. */
export interface OptionReport {
  readonly name: string;
  /** As written, what is secret replaced; of a default as it would be written. */
  readonly value: unknown;
  /** File and line; undefined for a default. */
  readonly place?: string;
}

export interface PluginReport {
  readonly name: string;
  readonly origin: PluginOrigin;
  readonly place: string;
  readonly phases: readonly string[];
  readonly options: readonly OptionReport[];
  /** Undefined: the plugin cannot tell without being at work. */
  readonly explanation?: Explanation;
  /** False: the request ends before it comes to this plugin's first phase. */
  readonly isReached: boolean;
}

export interface ServiceShare {
  /** Undefined: a plugin answers. */
  readonly service: string | undefined;
  /** Of the requests that are drawn by lot; from 0 to 1. */
  readonly share: number;
  readonly isChosen: boolean;
}

export interface UpstreamReport {
  readonly service: string;
  readonly place: string;
  readonly balance: string;
  /** The request's URL at each target; empty while discovery finds them. */
  readonly urls: readonly string[];
  readonly path: string;
  readonly query: string | undefined;
  /** Host that a target gets: the client's, or undefined for the target's own. */
  readonly host: string | undefined;
}

/** What the gateway would do with a request: the shape of `gateway explain --json`, which grows but does not change. */
export interface ExplainReport {
  readonly request: {
    readonly method: string;
    readonly scheme: string;
    readonly host: string;
    readonly path: string;
    readonly query: string | undefined;
    readonly client: string;
    /** Undefined: it has a body of unknown length. */
    readonly bodyBytes: number | undefined;
  };
  /** Of the gateway itself, as far as it can be told: "forwarded" leaves the answer to the service. */
  /** Plugins before the service of which only the gateway that runs can tell whether they refuse the request. */
  readonly undecided: readonly string[];
  readonly outcome: "forwarded" | "answered" | "refused" | "not-found" | "method-not-allowed";
  /** Of a reply that is the gateway's own. */
  readonly status?: number;
  readonly reason: string;
  /** For a 405: the methods that there are. */
  readonly allow?: readonly string[];
  /** Of a CORS preflight: the method that the page wants to use. Its route is that of the request to come. */
  readonly preflightFor?: string;
  readonly route?: { readonly name: string; readonly path: string; readonly place: string; readonly params: Params };
  readonly candidates: readonly Candidate[];
  readonly split?: { readonly by: "only" | "force" | "sticky" | "lot"; readonly services: readonly ServiceShare[] };
  readonly upstream?: UpstreamReport;
  /** In the order of the configuration; `chain` has the order in which they run. */
  readonly plugins: readonly PluginReport[];
  readonly chain: readonly { readonly phase: string; readonly plugins: readonly string[] }[];
  readonly retry?: { readonly plugin: boolean; readonly reason: string };
  /** In ms. */
  readonly timeouts: Readonly<Record<string, number>>;
}

type Params = Readonly<Record<string, string>>;
