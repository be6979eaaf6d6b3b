import { until } from "./until.ts";

/** One server-sent event. */
export interface ServerEvent {
  /** `message` unless it has a name of its own. */
  readonly event: string;
  readonly data: string;
}

export interface EventReader extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** All that came so far. */
  readonly events: readonly ServerEvent[];
  /** The lines of the log that came so far. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Whether the stream was ended in order, by who sends it. */
  readonly isEnded: boolean;
  waitFor(find: (event: ServerEvent) => boolean): Promise<ServerEvent>;
}

/** Reads a stream of server-sent events until it is disposed of. */
export async function readEvents(url: string, init: RequestInit = {}): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, signal: abort.signal });
  const events: ServerEvent[] = [];
  let isEnded = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      events.push(...blocks.flatMap(eventOf));
    }
    isEnded = true;
  })().catch(() => {
    // It was disposed of, or cut.
  });
  return {
    status: response.status,
    headers: response.headers,
    events,
    get lines() {
      return events.filter(({ event }) => event === "message").map(({ data }) => JSON.parse(data));
    },
    get isEnded() {
      return isEnded;
    },
    waitFor: (find) =>
      until(() => events.find(find), { what: () => `such an event: ${JSON.stringify(events.slice(-5))}` }),
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await reading;
    },
  };
}

/** None for a comment. */
function eventOf(block: string): readonly ServerEvent[] {
  const fields = block.split("\n").map((line) => line.split(/: ?(.*)/s, 2));
  const fieldOf = (name: string) => fields.find(([field]) => field === name)?.[1];
  const data = fieldOf("data");
  return data === undefined ? [] : [{ event: fieldOf("event") ?? "message", data }];
}
