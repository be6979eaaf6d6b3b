import { freePort } from "./ports.ts";
import { until } from "./until.ts";

/** One question that came. */
export interface Question {
  readonly authorization: string | null;
  readonly form: Readonly<Record<string, string>>;
}

/** A real introspection endpoint (RFC 7662) on a port of 127.0.0.1, which knows the tokens that a test tells it. */
export interface IntrospectionServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** What it says of each token; of others that they are not active. */
  readonly tokens: Map<string, Readonly<Record<string, unknown>>>;
  readonly questions: readonly Question[];
  /** Replaces its answers; undefined: the usual ones. */
  answer: (() => Response | Promise<Response>) | undefined;
  waitForQuestions(count: number): Promise<void>;
  stop(): Promise<void>;
}

export function startIntrospection(port = freePort()): IntrospectionServer {
  const tokens = new Map<string, Readonly<Record<string, unknown>>>();
  const questions: Question[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    development: false,
    async fetch(request) {
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      questions.push({ authorization: request.headers.get("authorization"), form });
      if (self.answer !== undefined) return await self.answer();
      return Response.json(tokens.get(form.token ?? "") ?? { active: false });
    },
  });
  const self: IntrospectionServer = {
    port: server.port ?? 0,
    url: `http://127.0.0.1:${server.port}/introspect`,
    tokens,
    questions,
    answer: undefined,
    waitForQuestions: async (count) => void (await until(() => questions.length >= count)),
    stop: () => server.stop(true),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return self;
}
