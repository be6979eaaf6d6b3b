import type { Kind } from "./client.ts";
import { partOf, withClient } from "./client.ts";
import { contentAt, sumOf } from "./content.ts";
import { inChunks, SUM_TRAILER } from "./trailing.ts";

/** Sends a body with a trailer, and gets the same back, on a connection that it uses again. */
export const trailers: Kind = {
  name: "trailers",
  perSecond: 4,
  run: (visit) =>
    withClient(visit, async (client) => {
      const { random } = visit;
      for (let left = 1 + random.below(3); left > 0; left--) {
        const { place, length } = partOf(random, 20_000);
        const bytes = contentAt(place, length);
        await client.send(inChunks("POST /trailing HTTP/1.1\r\nHost: soak\r\nTE: trailers\r\n", bytes));
        const { status, body, trailers: behind } = await client.readResponse({ timeout: 20_000 });
        const sum = sumOf(bytes);
        if (status !== 200 || sumOf(body) !== sum) {
          throw new Error(`wrong bytes: ${status} and the sum ${sumOf(body)} instead of ${sum}`);
        }
        const [found] = behind.filter(([name]) => name === SUM_TRAILER);
        if (found?.[1] !== sum) throw new Error(`the trailer says ${found?.[1]} instead of ${sum}`);
      }
    }),
};
