import type { Random } from "./random.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"];
const TARGETS = ["/", "/a", "/a/b?c=d", "/%41/..//b", "/é".replace("é", "%e9"), "http://example.com/x", "http://e?y"];
const FIELDS = [
  "Accept: */*",
  "X-Empty:",
  "X-Blank: \t ",
  "Cookie: a=b; c=d",
  "Connection: keep-alive",
  "Connection: close, x-a",
  "X-A: \xe9\x80",
  "Expect: 100-continue",
  "Upgrade: websocket",
  "TE: trailers",
];
const EXTENSIONS = ["", "", "", ";a", ";a=b", ';a="b;c"', ';a="\\""', " ;a\t= b"];
const TRAILERS = ["", "", "X-Sum: 1\r\n", "X-A: b\r\nX-C: d\r\n"];

/** A valid request in latin1, with its body. */
export function request(random: Random): string {
  const method = random.pick(METHODS);
  const target = method === "OPTIONS" && random.once(3) ? "*" : random.pick(TARGETS);
  const version = random.once(8) ? "HTTP/1.0" : "HTTP/1.1";
  const start = `${random.once(6) ? "\r\n" : ""}${method} ${target} ${version}\r\nHost: ${random.pick(["a", "a:80", "[::1]:8080"])}\r\n`;
  return start + fields(random) + body(random, version === "HTTP/1.1");
}

/** Several requests, one behind the other. */
export function pipeline(random: Random): string {
  return random.list(1 + random.below(4), () => request(random)).join("");
}

/** A valid response in latin1, perhaps behind interim ones. */
export function response(random: Random): string {
  const interims = random.list(random.once(5) ? 1 + random.below(3) : 0, () => {
    const status = random.pick(["100 Continue", "102", "103 Early Hints"]);
    return `HTTP/1.1 ${status}\r\n${fields(random)}\r\n`;
  });
  const status = random.pick(["200 OK", "200", "204 No Content", "304 Not Modified", "404 Not Found", "500 \xe9"]);
  const version = random.once(8) ? "HTTP/1.0" : "HTTP/1.1";
  return `${interims.join("")}${version} ${status}\r\n${fields(random)}${body(random, version === "HTTP/1.1")}`;
}

/** The octets of a chunked body, in latin1. */
export function chunkedBody(random: Random): string {
  const chunks = random.list(random.below(4), () => {
    const data = content(random);
    return data === "" ? "" : `${size(random, data.length)}${random.pick(EXTENSIONS)}\r\n${data}\r\n`;
  });
  return `${chunks.join("")}${random.pick(["0", "00", "0;x"])}\r\n${random.pick(TRAILERS)}\r\n`;
}

function fields(random: Random): string {
  return random.list(random.below(4), () => `${random.pick(FIELDS)}\r\n`).join("");
}

function body(random: Random, mayChunk: boolean): string {
  if (random.once(2)) return "\r\n";
  if (mayChunk && random.once(2))
    return `Transfer-Encoding: ${random.pick(["chunked", "Chunked"])}\r\n\r\n${chunkedBody(random)}`;
  const data = content(random);
  return `Content-Length: ${data.length}\r\n\r\n${data}`;
}

/** Some of it looks like a message itself: what is smuggled would show. */
function content(random: Random): string {
  const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  if (random.once(4)) return smuggled;
  return random.list(random.below(30), () => String.fromCharCode(random.below(256))).join("");
}

function size(random: Random, length: number): string {
  const digits = length.toString(16);
  return random.pick([digits, digits.toUpperCase(), `00${digits}`]);
}
