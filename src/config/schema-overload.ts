import { Type } from "@sinclair/typebox";
import { Duration, Size } from "./units.ts";

/** When requests of routes that matter less are refused, so that those of others are served. */
export const Overload = Type.Object(
  {
    "loop-lag": Duration({
      default: "0s",
      description:
        "Refuse requests of low priority while the process is this late with everything; normal ones at twice as much, high ones at four times. 0s: never.",
    }),
    memory: Size({
      default: "0b",
      description:
        "Memory that a process may have: low priority is refused from 85 % of it on, normal from 92 %, high from 100 %. 0b: never.",
    }),
    hold: Duration({
      default: "2s",
      description: "How long it must have been better before a priority is served again.",
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: "What is refused when the gateway itself has too much to do.",
  },
);
