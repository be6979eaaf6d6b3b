import type { Logger } from "../observe/logger.ts";
import type { Snapshot } from "../snapshot.ts";
import { type Drain, drainedOf, drainsIn } from "../upstream/drain.ts";
import type { HealthSharing, HealthVerdict } from "../upstream/health/sharing.ts";
import { closeService, discoverTargets, drainTargets, type Service, watchHealth } from "../upstream/service.ts";

type Services = Snapshot["services"];

/** What goes on around services as long as they are there: their health, targets that come and go, and drains. */
export class ServiceLifecycle {
  readonly #log: Logger;
  readonly #sharing: HealthSharing | undefined;
  #isChecker: boolean;
  #drains: readonly Drain[] = [];

  /** @param sharing where several processes serve: who checks the targets, and tells the others */
  constructor(log: Logger, sharing: HealthSharing | undefined) {
    this.#log = log;
    this.#sharing = sharing;
    this.#isChecker = sharing?.isChecker ?? true;
  }

  /** Begins to watch them, and to follow their targets. Resolves when each source of targets has answered or failed. */
  async begin(services: readonly Service[]): Promise<void> {
    const sharing = this.#sharing === undefined ? undefined : { ...this.#sharing, isChecker: this.#isChecker };
    for (const service of services) watchHealth(service, sharing);
    await Promise.all(services.map((service) => discoverTargets(service, this.#log)));
  }

  /** Takes over what another process has found out about a target. */
  learn(services: Services, verdict: HealthVerdict): void {
    services.get(verdict.service)?.monitor.learn(verdict);
  }

  /** From now on this process is the one that checks the targets. */
  takeOverChecks(services: Services): void {
    this.#isChecker = true;
    for (const { monitor } of services.values()) monitor.takeOver();
  }

  /** These targets are drained from now on, and no others. */
  drain(services: Services, drains: readonly Drain[]): void {
    this.#drains = drains;
    for (const service of services.values()) drainTargets(service, drainedOf(drains, service.name));
  }

  /** Another configuration takes effect: drained is what it still has of that; services that it has no more are closed. */
  replace(before: Services, { config, services }: Pick<Snapshot, "config" | "services">): void {
    this.drain(services, drainsIn(config, this.#drains));
    for (const service of servicesOnlyIn(before, services)) closeService(service);
  }
}

/** Services of the first that are not in the second, which may have another one of the same name. */
export function servicesOnlyIn(first: Services, second: Services): readonly Service[] {
  return [...first.values()].filter((service) => second.get(service.name) !== service);
}
