/**
 * The gateway without what is counted of each request, for the bench alone: `bun blind.ts start --config FILE`. What tells
 * how requests are doing costs what the gateway takes more than this.
 */
import { RequestRecorder } from "../../src/observe/metrics/requests.ts";
import { TargetStats } from "../../src/upstream/stats.ts";

RequestRecorder.prototype.record = () => {};
TargetStats.prototype.recordLatency = () => {};
await import("../../src/main.ts");
