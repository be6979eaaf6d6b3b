import { Body, definePlugin, type Reply } from "../../src/plugin.ts";
import { remembering } from "./bounded.ts";
import { addVary, describeAs, isEligible, weakenConfirmed } from "./eligible.ts";
import { EncodedSource } from "./encoded-source.ts";
import { type Coder, createCoders } from "./encoders.ts";
import { mediaTypes } from "./media-types.ts";
import { createMetrics } from "./metrics.ts";
import { negotiate } from "./negotiate.ts";
import { Options } from "./options.ts";

/** Up to so many bytes, handing them to another thread takes longer than compressing them. */
const AT_ONCE = 16_384;

/** Compresses replies for clients that accept it. */
export default definePlugin({
  name: "compression",
  description: "Compresses replies for clients that accept it: zstd, brotli or gzip.",
  options: Options,
  setup(options, scope) {
    const { encodings, "max-streams": maxStreams } = options;
    const eligibility = { minBytes: options["min-bytes"], isCompressible: mediaTypes(options.types) };
    const coders = createCoders(options.level);
    const coderFor = remembering((accepted) => {
      const encoding = negotiate(accepted, encodings);
      return encoding === undefined ? undefined : coders[encoding];
    });
    const metrics = createMetrics(scope.metrics);
    const streams = scope.state("streams", () => ({ open: 0 }));

    /** As it was, if it does not shrink. */
    function replace(reply: Reply, content: Uint8Array, compressed: Buffer, { encoding }: Coder): Reply {
      if (compressed.byteLength >= content.byteLength) return reply;
      metrics.count(encoding, content.byteLength, compressed.byteLength);
      describeAs(reply.headers, encoding);
      reply.body = Body.of(compressed);
      return reply;
    }

    async function replaceLater(reply: Reply, content: Uint8Array, coder: Coder): Promise<Reply> {
      return replace(reply, content, await coder.later(content), coder);
    }

    function compressStream(reply: Reply, { encoding, open }: Coder): Reply {
      if (streams.open >= maxStreams) {
        metrics.refused.inc();
        return reply;
      }
      streams.open++;
      const onClose = (original: number, compressed: number) => {
        streams.open--;
        metrics.count(encoding, original, compressed);
      };
      describeAs(reply.headers, encoding);
      reply.body = reply.body.through((source) => new EncodedSource(source, open, { onClose }));
      return reply;
    }

    function compress(reply: Reply, coder: Coder): Reply | Promise<Reply> {
      const content = reply.body.inMemory;
      if (content === undefined) return compressStream(reply, coder);
      if (content.byteLength > AT_ONCE) return replaceLater(reply, content, coder);
      return replace(reply, content, coder.now(content), coder);
    }

    return {
      response({ request }, reply) {
        if (reply.status === 304) weakenConfirmed(reply.headers, request.headers.get("if-none-match"));
        if (!isEligible(request.method, reply, eligibility)) return reply;
        addVary(reply.headers);
        const accepted = request.headers.get("accept-encoding");
        const coder = accepted === undefined ? undefined : coderFor(accepted);
        if (coder === undefined) return reply;
        return request.method === "HEAD" ? describe(reply, coder) : compress(reply, coder);
      },
    };
  },
});

/** RFC 9110 §9.3.2: to HEAD the fields that GET would have, but for the length, which is not known. */
function describe(reply: Reply, { encoding }: Coder): Reply {
  reply.discard();
  reply.body = Body.empty;
  describeAs(reply.headers, encoding);
  return reply;
}
