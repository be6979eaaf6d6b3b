/**
 * Lines of JSON, made when the reader wants the next one, so that a long listing takes no memory.
 * `make` is called with 0 to `count` - 1.
 */
export function jsonLines(count: number, make: (index: number) => unknown): Response {
  const encoder = new TextEncoder();
  let index = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (index === count) return controller.close();
      const end = Math.min(index + LINES_AT_ONCE, count);
      let lines = "";
      for (; index < end; index++) lines += `${JSON.stringify(make(index))}\n`;
      controller.enqueue(encoder.encode(lines));
    },
  });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}

const LINES_AT_ONCE = 100;

/** A message of an event stream. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Sends events to everyone who listens. */
export class EventFeed {
  readonly #listeners = new Set<(event: ServerEvent) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  publish(event: ServerEvent): void {
    for (const send of this.#listeners) send(event);
  }

  /** An event stream: `first` at once, then whatever is published until the client leaves. */
  subscribe(first: readonly ServerEvent[]): Response {
    let leave = (): void => {};
    const body = new ReadableStream({
      start: (controller) => {
        const write = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
        const send = (event: ServerEvent): void => write(eventText(event));
        const beat = setInterval(() => write(": still here\n\n"), HEARTBEAT_MS);
        leave = () => {
          clearInterval(beat);
          this.#listeners.delete(send);
        };
        this.#listeners.add(send);
        for (const event of first) send(event);
      },
      cancel: () => leave(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }
}

/** Often enough that nothing on the way takes the stream for dead. */
const HEARTBEAT_MS = 15_000;

function eventText(event: ServerEvent): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
