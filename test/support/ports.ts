/**
 * Ports for servers of tests. They lie below the range that the kernel takes for outgoing connections and for listeners
 * on port 0, and each is given once in a while only: so a server that was stopped can come back at its port, and where
 * nobody is to listen, nobody does.
 */
const FIRST = 10_240;
const COUNT = 9_900;
const ATTEMPTS = 200;

// Test files run in several processes at once, each of which begins elsewhere.
let next = (process.pid * 997) % COUNT;

/** A port that nobody listens on at the moment; so is the one 10,000 above, the bus of a Redis Cluster. */
export function freePort(): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (isFree(port) && isFree(port + 10_000)) return port;
  }
  throw new Error("no port is free");
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
