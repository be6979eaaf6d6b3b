import { type LogLine, logLine } from "../model/log-line.ts";
import { ApiError, askStream } from "./client.ts";
import { chunksOf, eventData } from "./events.ts";

/** What is read of the log, and what becomes of it. */
export interface FollowOptions {
  /** While false, nothing is read. */
  isWanted(): boolean;
  /** Asked each time it begins. */
  path(): string;
  /** It begins again: lines that were there before come once more. */
  begins(): void;
  take(line: LogLine): void;
  /** How it is going, in a sentence. */
  tell(text: string): void;
}

/** A part of the log that is read for as long as it is wanted. */
export interface Follower {
  /** Begins, goes on or stops, as it is wanted now. */
  update(): void;
  /** Begins anew: something else is to be read. */
  restart(): void;
}

/** So long after a stream has ended it is asked for again. */
const AGAIN_MS = 2_000;

/** Follows the log by one connection, which is closed while it is not wanted. */
export function follow(options: FollowOptions): Follower {
  const { isWanted, begins, tell } = options;
  let reading: AbortController | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(again);
    again = undefined;
    reading?.abort();
    reading = undefined;
  };
  const begin = async () => {
    const controller = new AbortController();
    reading = controller;
    begins();
    const told = await read(options, controller.signal);
    if (reading !== controller) return;
    reading = undefined;
    tell(told);
    again = setTimeout(() => {
      again = undefined;
      update();
    }, AGAIN_MS);
  };
  const update = () => {
    if (!isWanted()) stop();
    else if (reading === undefined && again === undefined) void begin();
  };
  return {
    update,
    restart() {
      stop();
      update();
    },
  };
}

/** Reads until the end; answers what there is to say about it. */
async function read({ path, take, tell }: FollowOptions, signal: AbortSignal): Promise<string> {
  try {
    tell("Asking for the log …");
    const stream = await askStream(path(), signal);
    tell("Live: new lines are added at the end.");
    for await (const data of eventData(chunksOf(stream))) take(logLine(data));
    return "The stream has ended: it is asked for again.";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return "This gateway does not show its log here.";
    return `${error instanceof Error ? error.message : String(error)}: it is tried again.`;
  }
}
