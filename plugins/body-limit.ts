import { type BodySource, definePlugin, GatewayError, PassingBody, Size, sizeText, Type } from "../src/plugin.ts";

/** Refuses requests whose body is too large. */
export default definePlugin({
  name: "body-limit",
  description: "Refuses a request whose body is larger than it may be, before or while it is read.",
  options: Type.Object({
    size: Size({ description: "Bytes that a request's body may have; more is 413 payload_too_large." }),
  }),
  describe: ({ size }, { hasBody }) =>
    hasBody
      ? {
          refusals: [{ code: "payload_too_large", when: `The body is larger than ${sizeText(size)}.` }],
          extensions: { "x-body-limit": { bytes: size } },
          notes: [`The body may have at most ${sizeText(size)}.`],
        }
      : {},
  setup({ size }) {
    const detail = `The body may have at most ${size} bytes`;
    const limited = (source: BodySource) => new LimitedBody(source, size, detail);
    return {
      limit({ request }) {
        const { length } = request.body;
        if (length === undefined) request.body = request.body.through(limited);
        else if (length > size) throw new GatewayError("payload_too_large", { detail });
        return undefined;
      },
      explain({ request }) {
        const { length } = request.body;
        if (length === undefined)
          return { verdict: "depends", reason: `on its body's length: at most ${sizeText(size)}` };
        if (length > size) return { verdict: "refuses", status: 413, reason: detail };
        return { verdict: "passes", reason: `its body has ${length} of ${size} bytes` };
      },
    };
  },
});

/** A body of unknown length that fails as soon as it is too long; no byte beyond the limit passes. */
class LimitedBody extends PassingBody {
  readonly #detail: string;
  #left: number;

  constructor(source: BodySource, limit: number, detail: string) {
    super(source);
    this.#left = limit;
    this.#detail = detail;
  }

  override write(chunk: Uint8Array): boolean {
    const { sink } = this;
    if (sink === undefined) return false;
    this.#left -= chunk.byteLength;
    if (this.#left >= 0) return sink.write(chunk);
    const error = new GatewayError("payload_too_large", { detail: this.#detail });
    this.cancel(error);
    sink.fail(error);
    return false;
  }
}
