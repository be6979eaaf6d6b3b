import type { Context } from "../context.ts";
import type { Pipeline } from "../pipeline.ts";

/** What is known of a request that was followed, for the list of them. */
export interface ExplanationSummary {
  readonly id: string;
  /** UTC. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Undefined while it is under way. */
  readonly status: number | undefined;
}

/** Follows requests that ask for it and may. */
export interface Follower<Report> {
  /** The way that the request goes, the one that it is given unless it is followed. Its header is taken off. */
  follow(ctx: Context, way: Pipeline): Pipeline;
  /** The latest first. */
  list(): readonly ExplanationSummary[];
  /** Plain data; undefined for one that is not known, or no more. */
  find(id: string): Report | undefined;
}
