import { createTestLasting } from "../../../src/testing/lasting.ts";
import { OutlierDetector } from "../../../src/upstream/health/outlier.ts";
import { TargetHealth } from "../../../src/upstream/health/target-health.ts";
import { serviceConfig } from "../support.ts";

/** So many targets under outlier detection with these options, on a clock that stands still until it is moved. */
export function watched(count: number, options: Readonly<Record<string, unknown>> = {}) {
  let ms = 0;
  const now = () => ms;
  const config = serviceConfig({ targets: ["http://a.test"], "outlier-detection": options })["outlier-detection"];
  if (config === undefined) throw new Error("no outlier detection");
  const { log, logs } = createTestLasting();
  const targets = Array.from({ length: count }, (_, index) => {
    return new TargetHealth({ log: log.with({ target: index }), now, elapsed: now, slowStartMs: () => 0 });
  });
  const detector = new OutlierDetector(config, now);
  detector.follow(targets);
  return {
    targets,
    detector,
    logs,
    /** Attempts at one target, each failed or answered after so many ms. */
    send(index: number, times: number, outcome: "failure" | number) {
      for (let i = 0; i < times; i++) {
        targets[index]?.listener?.onOutcome(outcome === "failure", outcome === "failure" ? -1 : outcome);
      }
    },
    advance(by: number) {
      ms += by;
      detector.tick();
    },
    out: () => targets.flatMap(({ isUsable }, index) => (isUsable ? [] : [index])),
  };
}
