import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from "@opentelemetry/semantic-conventions";
import { version } from "../../package.json";
import type { TelemetryConfig } from "../config/schema-telemetry.ts";
import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Lasting } from "../scope.ts";
import { tracedSend } from "./attempt.ts";
import { collectorAt, tracesUrl } from "./collector.ts";
import { ExportHealth } from "./export-health.ts";
import { Ids } from "./ids.ts";
import { writerOf } from "./lines.ts";
import { tracedPhases } from "./plugins.ts";
import { RecordedSpan } from "./recorded.ts";
import { idGenerator, Recorder } from "./recorder.ts";
import { RequestTraces } from "./request-traces.ts";
import { SpanQueue } from "./span-queue.ts";
import type { Tracing } from "./tracing.ts";

/** Of an attribute's value, which a client may have written; characters. */
const LONGEST_VALUE = 1_024;

/** Starts OpenTelemetry with this configuration: of it only the gateway's own requests make spans, nothing is global. */
export function startTracing(config: TelemetryConfig, { log, metrics }: Pick<Lasting, "log" | "metrics">): Tracing {
  const { otlp, headers, timeout, queue: most, interval: intervalMs } = config;
  const send = collectorAt({ url: tracesUrl(otlp), headers, timeoutMs: timeout });
  const health = new ExportHealth(log, metrics);
  const queue = new SpanQueue({ send, health, most, intervalMs });
  const ids = new Ids();
  const provider = new TracerProvider({
    resource: resourceOf(config),
    // Nothing is asked to start a span unless it is recorded.
    sampler: new AlwaysOnSampler(),
    idGenerator: idGenerator(ids),
    spanProcessors: [queue],
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
  });
  const recorder = new Recorder(provider.getTracer("sluice", version), ids, writerOf(config.propagation));
  const traces = new RequestTraces(config, ids, recorder, metrics);
  const stopCollecting = metrics.addCollector(() => [
    familyOf(CORE.traceSpansWaiting, [{ labels: [], value: queue.size }]),
    familyOf(CORE.traceCollectorUp, health.isUp === undefined ? [] : [{ labels: [], value: health.isUp ? 1 : 0 }]),
  ]);
  return {
    plugin: ({ name, phases }) => ({ name, phases: tracedPhases(name, phases) }),
    send: tracedSend,
    around: (destination) => ({
      ...destination,
      prepare(ctx) {
        traces.begin(ctx);
        destination.prepare?.(ctx);
      },
      finish(ctx, outcome) {
        destination.finish?.(ctx, outcome);
        const { trace } = ctx;
        if (!(trace instanceof RecordedSpan)) return;
        trace.record.finish(ctx, outcome);
        ctx.trace = trace.root;
      },
    }),
    async release() {
      await queue.close(timeout);
      stopCollecting();
    },
  };
}

function resourceOf(config: TelemetryConfig) {
  return defaultResource().merge(
    resourceFromAttributes({
      [ATTR_SERVICE_VERSION]: version,
      "service.instance.id": crypto.randomUUID(),
      ...config.resource,
      [ATTR_SERVICE_NAME]: config["service-name"],
    }),
  );
}
