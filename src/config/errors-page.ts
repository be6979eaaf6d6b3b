import { STATUS_CODES } from "node:http";
import { ERRORS, type ErrorCode, type ErrorSource, GatewayError } from "../errors.ts";
import { type ErrorFormat, problemReply } from "../message/problem.ts";
import { ERROR_NOTES } from "./error-notes.ts";

const INTRODUCTION = `# Errors

<!-- Generated from the table of errors by \`bun run gateway schema --write\`. -->

What the gateway itself answers when a request cannot be served. Each error has a code, which stays the same, a status,
and a side that is to blame. What a service replies, 500 included, is passed on as it came and is none of these.`;

const FORMATS = `## Formats

\`errors.format\` says how they are written. \`problem\`, the default, is that of RFC 9457:`;

const ENVELOPE =
  "`envelope` is for clients that expect `success` and `message`; the message is the detail, else the title:";

const MEMBERS = `\`detail\` is there if there is more to say than the title does. \`requestId\` is the id under which the log has the error;
with the plugin [request-id](plugins/request-id.md) the service and the reply's headers have it too. A client is never
told a cause or an address of yours: these are in the log. Where several things can be wrong, \`errors\` is a list of
them: [validate](plugins/validate.md#what-is-refused) makes one.

Once the head of a reply is on its way its status cannot be taken back. If the rest fails, the client's connection ends
without the proper end of the body, so that it does not look whole; the code is then in the log alone. Over HTTP/3
the reply is [left without an end](listeners.md#http2-and-http3).

Some requests are refused before any route or plugin sees them. They are answered in the same form; the log has
[a line of its own](operating.md#requests-that-are-refused-before-a-route) for them.`;

const CODES = `## Codes

To blame is the client (\`downstream\`), the service (\`upstream\`) or the gateway (\`internal\`): the log has the word as
\`errorSource\`, and the code as \`errorCode\`.`;

const BLAMED: Readonly<Record<ErrorSource, string>> = {
  downstream: "the client",
  upstream: "the service",
  internal: "the gateway",
};

/** `docs/errors.md`: every error that the gateway answers with, when it happens and what to look at. */
export function errorsPage(): string {
  const codes = (Object.keys(ERRORS) as ErrorCode[]).toSorted((a, b) => ERRORS[a].status - ERRORS[b].status);
  const formats = [FORMATS, example("problem"), ENVELOPE, example("envelope"), MEMBERS];
  return `${[INTRODUCTION, ...formats, CODES, table(codes), ...codes.map(section)].join("\n\n")}\n`;
}

/** A reply as the gateway writes it, but for the line ends in its JSON. */
function example(format: ErrorFormat): string {
  const error = new GatewayError("payload_too_large", { detail: "The body may have at most 1024 bytes" });
  const { status, headers, body } = problemReply(error, "0b9f6f0e-6c0a-4f0e-8a53-1a4f7d0f3c55", format);
  const text = new TextDecoder().decode(body.inMemory);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, `content-type: ${headers.get("content-type")}`];
  return `\`\`\`http\n${lines.join("\n")}\n\n${JSON.stringify(JSON.parse(text), null, 2)}\n\`\`\``;
}

function table(codes: readonly ErrorCode[]): string {
  const lines = codes.map((code) => {
    const { status, source, title } = ERRORS[code];
    return `| [\`${code}\`](#${code}) | ${status} | ${BLAMED[source]} | ${title} |`;
  });
  return ["| code | status | to blame | title |", "|---|---|---|---|", ...lines].join("\n");
}

function section(code: ErrorCode): string {
  const { status, source } = ERRORS[code];
  const { when, look, isFromPlugins } = ERROR_NOTES[code];
  const origin = isFromPlugins === true ? " On the listeners only plugins raise it." : "";
  return [
    `### ${code}`,
    `Status ${status}; to blame is ${BLAMED[source]}.${origin}`,
    wrapped(`**When.** ${when}`),
    wrapped(`**Look at.** ${look}`),
  ].join("\n\n");
}

const WIDTH = 120;

/** The text with line ends in place of some blanks, so that no line is longer than the other pages' are. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > WIDTH) lines.push(line);
    line = longer.length > WIDTH ? word : longer;
  }
  return [...lines, line].join("\n");
}
