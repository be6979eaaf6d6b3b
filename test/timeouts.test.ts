import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { Timeout, TimeoutQueue, timeoutQueue } from "../src/timeouts.ts";
import { until } from "./support/until.ts";
