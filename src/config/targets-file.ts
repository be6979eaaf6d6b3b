import { type Static, Type } from "@sinclair/typebox";
import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { loadFile } from "./load-file.ts";
import type { Problem } from "./problem.ts";
import { Target } from "./schema-target.ts";
import { targetProblems } from "./target-problems.ts";

/** A file of targets, for `discover.file`. */
const TargetsFile = Type.Object({ targets: Type.Array(Target) }, { additionalProperties: false });

export interface TargetsFileContent {
  readonly targets: readonly { readonly url: string; readonly weight: number }[];
  /** Every mistake in it, with its place. */
  readonly problems: readonly Problem[];
}

/** Reads a file of targets; variables are taken from files alone, never from the environment. */
export async function readTargetsFile(name: string, path: string): Promise<TargetsFileContent> {
  const { root, value, problems } = await loadFile(name, path, TargetsFile, {});
  const targets = (value as Partial<Static<typeof TargetsFile>>).targets ?? [];
  const all = [...problems, ...targetProblems(targets, root, below(undefined))];
  return {
    targets: targets.map((entry) => (typeof entry === "string" ? { url: entry, weight: 1 } : entry)),
    problems: all,
  };
}

/** The mistakes in the files of targets that the services name. */
export async function targetsFileProblems({ services }: Draft): Promise<readonly Problem[]> {
  const paths = new Set([...services.values()].flatMap(({ value }) => value.discover?.file ?? []));
  const contents = await Promise.all([...paths].map((path) => readTargetsFile(path, path)));
  return contents.flatMap(({ problems }) => problems);
}
