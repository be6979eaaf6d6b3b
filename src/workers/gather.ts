import type { LiveReport } from "../explain/live-report.ts";
import type { Told } from "./counters.ts";
import type { Answers, PluginReply, PluginRequest, Question, Subject } from "./messages.ts";
import type { WorkerSlot } from "./slot.ts";

/** What can be gathered: a question that each worker answers for itself. */
export type Gathered = Exclude<Subject, "plugin" | "reload" | "explanation">;

/** For a worker to tell its statistics, in ms. */
const ANSWER_MS = 1_000;
/** For a plugin's endpoint, in ms. */
const PLUGIN_MS = 10_000;

type Slots = readonly WorkerSlot[];

/**
 * What each serving worker answers, with a name for its process, which no later one gets; one that does not within that many
 * ms, a second unless told, is left out.
 */
export async function gatherFrom<S extends Gathered>(
  slots: Slots,
  about: S,
  ms = ANSWER_MS,
  more: Pick<Question, "limit"> = {},
): Promise<ReadonlyMap<string, Answers[S]>> {
  const answers = await Promise.all(
    slots.map(async (slot) => [`${slot.worker}/${slot.view.pid}`, await slot.ask({ about, ...more }, ms)] as const),
  );
  return new Map(answers.flatMap(([name, answer]) => (answer === undefined ? [] : [[name, answer] as const])));
}

/** What the worker that has it knows of a request that was followed. */
export async function explanationFrom(slots: Slots, id: string): Promise<LiveReport | undefined> {
  const answers = await Promise.all(slots.map((slot) => slot.ask({ about: "explanation", id }, ANSWER_MS)));
  return answers.find((answer) => answer !== undefined && answer !== null) ?? undefined;
}

/** The metrics of each, and whether it is still the process that was asked. */
export async function metricsFrom(slots: Slots): Promise<readonly Told[]> {
  return await Promise.all(
    slots.map(async (slot): Promise<Told> => {
      const { pid } = slot.view;
      const families = await slot.ask({ about: "metrics" }, ANSWER_MS);
      return { worker: slot, families, isAtWork: () => slot.isServing && slot.view.pid === pid };
    }),
  );
}

/** Hands a request to the first worker that serves, or to all; undefined for one that does not answer in 10 s. */
export async function pluginRepliesFrom(
  slots: Slots,
  request: PluginRequest,
  who: "one" | "all",
): Promise<readonly (PluginReply | undefined)[]> {
  const serving = slots.filter(({ isServing }) => isServing);
  const asked = who === "one" ? serving.slice(0, 1) : serving;
  return await Promise.all(asked.map((slot) => slot.ask({ about: "plugin", request }, PLUGIN_MS)));
}
