import type { RequestHead } from "../http1/request-head.ts";
import { offeredProtocols } from "../http1/upgrade.ts";
import type { UpgradeOffer } from "../message/tunnel.ts";
import type { TunnelSlots } from "./wire-owner.ts";

/** What a request offers to switch to, if it does. */
export function readOffer(head: RequestHead, slots: TunnelSlots): UpgradeOffer | undefined {
  if (!head.framing.hasUpgrade) return undefined;
  const protocols = offeredProtocols(head);
  return protocols.length === 0 ? undefined : new WireOffer(protocols, slots);
}

class WireOffer implements UpgradeOffer {
  protocols: readonly string[];
  readonly #slots: TunnelSlots;
  #isReserved = false;

  constructor(protocols: readonly string[], slots: TunnelSlots) {
    this.protocols = protocols;
    this.#slots = slots;
  }

  reserve(): boolean {
    if (!this.#isReserved && this.#slots.hasFree) {
      this.#isReserved = true;
      this.#slots.taken++;
    }
    return this.#isReserved;
  }

  release(): void {
    if (this.#isReserved) this.#slots.taken--;
    this.#isReserved = false;
  }
}
