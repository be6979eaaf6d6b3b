import { ApiError, ask } from "./api/client.ts";
import { type Answer, type Poll, poll } from "./api/poll.ts";
import { session } from "./api/session.ts";
import type { Alerts, History, LimitedClient, Readiness } from "./api/types.ts";
import { aheadMs, extended } from "./model/series.ts";
import type { State } from "./state.ts";

const SECONDS_KEPT_MS = 900_000;
/** Anyone may ask this, so it tells whether the gateway is there at all. */
const PULSE = "/health/ready";
const KNOCK = "/api/workers";
const MINUTES_KEPT_MS = 86_400_000;
/** Errors that are asked for, of those that the gateway keeps. */
const MOST_ERRORS = 200;

/** All that is asked for again and again. */
export interface Sources {
  /** Asks for everything at once: after signing in, and after an action. */
  now(): void;
}

/** Keeps the state as new as it can be, and says so each time. */
export function startSources(state: State, changed: () => void): Sources {
  const polls: Poll[] = [];
  const now = () => {
    for (const one of polls) one.now();
  };
  const add = (path: string, everyMs: number, take: (answer: never) => void, isShown = () => true) => {
    const job = async (): Promise<Answer> => {
      const answer = await heard(state, path, () => ask<never>(pathOf(path, state)), take);
      changed();
      return answer;
    };
    polls.push(poll(job, { everyMs, isWanted: () => state.isLetIn && isShown() }));
  };
  polls.push(
    poll(
      async () => {
        const answer = await pulse(state);
        if (answer === "good" && !state.isLetIn && !state.needsToken) await knock(state, now);
        changed();
        return answer;
      },
      { everyMs: 1_000, isWanted: () => true },
    ),
  );

  add("/api/services", 1_000, ({ services }: Pick<State, "services">) => {
    state.services = services;
    state.targets.read(services, performance.now());
  });
  add("/api/history?step=1", 1_000, (news: History) => {
    state.seconds = extended(state.seconds, news, SECONDS_KEPT_MS);
    state.aheadMs = aheadMs(state.seconds.at.at(-1), Date.now());
  });
  add(
    "/api/history?step=60",
    15_000,
    (news: History) => {
      state.minutes = extended(state.minutes, news, MINUTES_KEPT_MS);
    },
    () => state.rangeSeconds > 900,
  );
  add(`/api/errors?limit=${MOST_ERRORS}`, 1_000, ({ errors }: Pick<State, "errors">) => {
    state.errors = errors;
  });
  add("/api/limited", 2_000, ({ clients, since }: { clients: readonly LimitedClient[]; since: string }) => {
    state.limited = clients;
    state.limitedSince = since;
  });
  add("/api/alerts", 2_000, (alerts: Alerts) => {
    state.alerts = alerts;
  });
  add(KNOCK, 1_000, ({ workers }: Pick<State, "workers">) => {
    state.workers = workers;
  });
  add("/api/store", 1_000, (store: NonNullable<State["store"]>) => {
    state.store = store;
  });
  add("/api/listeners", 2_000, ({ listeners }: Pick<State, "listeners">) => {
    state.listeners = listeners;
  });
  add("/api/routes", 3_000, ({ routes }: Pick<State, "routes">) => {
    state.routes = routes;
  });
  add("/api/canaries", 2_000, ({ canaries }: Pick<State, "canaries">) => {
    state.canaries = canaries;
  });
  add("/api/config", 3_000, (configuration: NonNullable<State["configuration"]>) => {
    state.configuration = configuration;
  });
  add(
    "/api/audit",
    3_000,
    ({ actions }: { actions: State["audit"] }) => {
      state.audit = actions;
    },
    () => state.view === "system",
  );
  return { now };
}

/** The path with what is asked for this time: of histories only what is not known yet. */
function pathOf(path: string, state: State): string {
  if (!path.startsWith("/api/history")) return path;
  const isFine = path.endsWith("step=1");
  const seconds = (isFine ? SECONDS_KEPT_MS : MINUTES_KEPT_MS) / 1_000;
  const since = (isFine ? state.seconds : state.minutes)?.at.at(-1);
  return `${path}&seconds=${seconds}${since === undefined ? "" : `&since=${since}`}`;
}

/** Anyone may ask this, and it tells also why the gateway is not ready. */
async function pulse(state: State): Promise<Answer> {
  return await heard(
    state,
    PULSE,
    () =>
      ask<Readiness>(PULSE, { timeoutMs: 3_000 }).catch((error: unknown) => {
        if (error instanceof ApiError && isReadiness(error.body)) return error.body;
        throw error;
      }),
    (readiness: Readiness) => {
      state.readiness = readiness;
      state.awaySince = undefined;
    },
  );
}

/**
 * One question alone finds out whether the page is let in: a dozen with a token that is not accepted would look like somebody who
 * guesses. So it is after the gateway was away, as it may have another token now.
 */
async function knock(state: State, letIn: () => void): Promise<void> {
  const take = ({ workers }: Pick<State, "workers">) => {
    state.workers = workers;
    state.isLetIn = true;
  };
  const answer = await heard(state, KNOCK, () => ask<Pick<State, "workers">>(KNOCK), take);
  if (answer === "good") letIn();
}

function isReadiness(body: unknown): body is Readiness {
  return typeof body === "object" && body !== null && "status" in body && typeof body.status === "string";
}

async function heard<T>(
  state: State,
  path: string,
  question: () => Promise<T>,
  take: (answer: T) => void,
): Promise<Answer> {
  try {
    take(await question());
    state.heardAt = Date.now();
    state.missing.delete(path);
    if (path.startsWith("/api/")) state.refusal = undefined;
    return "good";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // An answer of whatever stands before the gateway is not its own either.
    if (path === PULSE) {
      state.awaySince ??= Date.now();
      state.isLetIn = false;
    }
    if (error.status === 401) shutOut(state);
    if (error.status === 403) state.refusal = error.message;
    if (error.status !== 404) return "failed";
    state.missing.add(path);
    return "missing";
  }
}

function shutOut(state: State): void {
  state.isLetIn = false;
  state.needsToken = true;
  if (session.token() === undefined) return;
  session.signOut();
  state.signInNote = "The token is not accepted any more.";
}
