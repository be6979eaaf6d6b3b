import { choice, field, question } from "../dom/dialog.ts";
import { h } from "../dom/h.ts";
import type { State } from "../state.ts";
import { type Action, run, textIn } from "./run.ts";

/** Takes a target out of use; the last one only if that is said. */
export function drain(state: State): Action {
  return async ({ service = "", target = "" }) => {
    const targets = state.services.find(({ name }) => name === service)?.targets ?? [];
    const others = targets.filter(({ url, isDrained, isHealthy, health }) => {
      return url !== target && isDrained !== true && isHealthy && health !== "down";
    });
    const isLast = others.length === 0;
    const force = field(
      "Drain it although no other target can take its requests",
      h("input", { type: "checkbox", name: "force" }),
    );
    const values = await question({
      title: `Drain ${target}?`,
      text: [
        `It gets no new requests of ${service}; those under way are finished. It stays so, also over reloads, until it is taken back.`,
        isLast
          ? "It is the last target of the service that works: without it all requests of the service fail."
          : `Its requests go to the ${others.length === 1 ? "other target" : `${others.length} other targets`}.`,
      ],
      fields: isLast ? [force] : [],
      action: "Drain the target",
      isDangerous: true,
    });
    if (values === undefined) return;
    const body = { service, target, ...(values.get("force") === null ? {} : { force: true }) };
    await run("/api/drain", { method: "POST", body }, () => `${target} gets no new requests.`);
  };
}

/** Gives a drained target requests again. */
export const undrain: Action = async ({ service = "", target = "" }) => {
  const values = await question({
    title: `Take ${target} back?`,
    text: [`It gets its share of the requests of ${service} again, at once.`],
    action: "Take it back",
  });
  if (values === undefined) return;
  await run("/api/drain", { method: "DELETE", body: { service, target } }, () => `${target} gets requests again.`);
};

/** Holds a circuit breaker open or closed, or lets it go. */
export const forceBreaker: Action = async ({ service = "", target, state = "" }) => {
  const options = [
    ["open", "open: no request goes there"],
    ["closed", "closed: requests go there whatever fails"],
    ["reset", "reset: closed, and by itself again"],
  ] as const;
  const where = target ?? `all of ${service}`;
  const values = await question({
    title: `Force the circuit of ${where}`,
    text: [
      `It is ${state} now. Open or closed, it is held so in all workers whatever happens, until it is reset or the gateway stops.`,
    ],
    fields: [field("Hold it", choice("state", options))],
    action: "Force the circuit",
    isDangerous: true,
  });
  if (values === undefined) return;
  const wanted = textIn(values, "state");
  const body = { service, ...(target === undefined ? {} : { target }), state: wanted };
  const done = wanted === "reset" ? "was reset" : `is held ${wanted}`;
  await run("/api/plugins/circuit-breaker", { method: "POST", body }, () => `The circuit of ${where} ${done}.`);
};
