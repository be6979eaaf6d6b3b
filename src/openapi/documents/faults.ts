import type { Logger } from "../../observe/logger.ts";
import type { ServiceDocument } from "./service-document.ts";

/** Logs what is wrong with the documents of services: each fault once, until it is another one or over. */
export class DocumentFaults {
  readonly #log: Logger;
  readonly #logged = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  tell(services: readonly ServiceDocument[]): void {
    for (const { service, error, view } of services) {
      const message = error?.message;
      if (message === this.#logged.get(service)) continue;
      if (message === undefined) {
        this.#logged.delete(service);
        this.#log.info("the document of a service can be had again", { service });
        continue;
      }
      this.#logged.set(service, message);
      this.#log.warn("the document of a service cannot be had", { service, reason: message, state: view.state });
    }
  }
}
