import { question } from "../dom/dialog.ts";
import { VERBS } from "../model/canary-state.ts";
import { type Action, run } from "./run.ts";

interface Words {
  readonly text: readonly string[];
  readonly done: string;
  readonly isDangerous: boolean;
}

/** Decides about a canary: what the button says. */
export const decide: Action = async ({ do: action = "", route = "", service = "", against = "", state, reason }) => {
  if (!isAction(action)) return;
  const { text, done, isDangerous } = wordsOf(action, {
    service,
    against,
    why: state === "stopped" ? reason : undefined,
  });
  const title = `${VERBS[action]} the canary on ${route}?`;
  const values = await question({ title, text, action: VERBS[action], isDangerous });
  if (values === undefined) return;
  await run("/api/canaries", { method: "POST", body: { route, action } }, () => `The canary on ${route} ${done}.`);
};

function isAction(text: string): text is keyof typeof VERBS {
  return Object.hasOwn(VERBS, text);
}

function wordsOf(
  action: keyof typeof VERBS,
  { service, against, why }: { readonly service: string; readonly against: string; readonly why: string | undefined },
): Words {
  const everywhere = "That holds in all workers, and in all gateways that share the store.";
  switch (action) {
    case "promote":
      return {
        text: [
          `${service} gets all requests of the route at once, and ${against} none. It is still compared, and stopped if it is worse.`,
          everywhere,
        ],
        done: "gets all requests",
        isDangerous: true,
      };
    case "pause":
      return {
        text: [
          `${service} keeps the share that it has until it is resumed. It is still stopped if it is worse.`,
          everywhere,
        ],
        done: "is paused",
        isDangerous: false,
      };
    case "resume":
      return {
        text: [
          `${service} gets its share, step by step, again.`,
          ...(why === undefined ? [] : [`It was stopped: ${why}. What was seen before counts no more.`]),
          everywhere,
        ],
        done: "goes on",
        isDangerous: why !== undefined,
      };
    case "abort":
      return {
        text: [
          `${service} gets no requests of the route any more, until it is resumed: ${against} has them all.`,
          everywhere,
        ],
        done: "is stopped",
        isDangerous: true,
      };
  }
}
