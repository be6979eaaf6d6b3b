import type { HealthVerdict } from "../upstream/health/sharing.ts";
import type { WorkerSlot } from "./slot.ts";

type Place = Pick<WorkerSlot, "worker" | "isServing" | "tell">;

/** Which of the workers checks the targets; the others are told what it finds. It keeps nothing of that itself. */
export class CheckDuty {
  #checker: Place | undefined = undefined;

  /** A worker has come or gone: if it was the one, another takes over; and a new one is to learn what is known. */
  review(places: readonly Place[]): void {
    if (this.#checker?.isServing !== true) this.#checker = places.find(({ isServing }) => isServing);
    this.#checker?.tell({ kind: "checks" });
  }

  /** Passes on what a worker has found out. One that has lost its duty is not listened to. */
  pass(verdict: HealthVerdict, from: number, places: readonly Place[]): void {
    if (from !== this.#checker?.worker) return;
    for (const place of places) if (place.worker !== from) place.tell({ kind: "health", verdict });
  }
}
