/** Text without a line end that is kept, in UTF-16 units; more is passed on as a line. */
const MOST_PENDING = 1_048_576;

/**
 * Passes on what a worker writes line by line: lines of several processes on one pipe would run into each other. The
 * rest of a worker that has died in the middle of a line becomes a line, too.
 */
export async function forwardLines(stream: ReadableStream<Uint8Array>, write: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const text = rest + decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      write(text.slice(start, end + 1));
      start = end + 1;
    }
    rest = text.slice(start);
    if (rest.length < MOST_PENDING) continue;
    write(`${rest}\n`);
    rest = "";
  }
  if (rest !== "") write(`${rest}\n`);
}
