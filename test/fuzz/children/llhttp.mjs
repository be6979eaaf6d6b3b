// Runs in Node.js: says what its own parser makes of each line of standard input, a JSON string in latin1.
import { createInterface } from "node:readline";

const { HTTPParser } = process.binding("http_parser");

function read(bytes) {
  const messages = [];
  let start = "";
  let body = "";
  let isUpgrade = false;
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 65_536, HTTPParser.kLenientNone);
  parser[HTTPParser.kOnHeadersComplete] = (...parts) => {
    isUpgrade ||= parts[7] === true;
    start = String(parts[4]);
    body = "";
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk) => {
    body += chunk.toString("latin1");
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    messages.push({ target: start, body });
  };
  const result = parser.execute(bytes);
  return { messages, isUpgrade, error: result instanceof Error ? result.code : undefined };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(read(Buffer.from(JSON.parse(line), "latin1"))));
}
