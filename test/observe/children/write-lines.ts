/** A process whose standard output a test reads late, or not at all. Says on standard error what it has done. */
import { createOutput } from "../../../src/observe/output.ts";

export const LINES = 10_000;
export const FILLER = "x".repeat(300);

if (import.meta.main) {
  const output = createOutput(Bun.argv[2] === "loss" ? { maxPending: 100_000, onLoss } : {});
  process.on("exit", () => output.flushSync());
  for (let i = 0; i < LINES; i++) output.write(`${i} ${FILLER}\n`);
  if (Bun.argv[2] === "exit") process.exit(7);
  if (Bun.argv[2] === "end") throw new Error("the process ends like this, too");
  // The loop of events turns, so that batches are written; then the process is still there to answer.
  setTimeout(() => console.error("alive"), 10);
  const keepAlive = setInterval(() => undefined, 1_000);
  if (Bun.argv[2] === "gone") setTimeout(() => clearInterval(keepAlive), 20);

  function onLoss(lines: number): void {
    output.write(`lost ${lines}\n`);
    clearInterval(keepAlive);
  }
}
