import { pairListeners } from "../config/pair-listeners.ts";
import type { ListenConfig } from "../config/schema.ts";
import { probePorts } from "./probe.ts";

/** Listeners with the ports that all workers share, where any free one is asked for. */
export class SharedPorts {
  /** As they are written. */
  #written: readonly ListenConfig[];
  #ports: readonly number[];

  constructor(listen: readonly ListenConfig[]) {
    this.#written = listen;
    this.#ports = listen.map(({ port }) => port);
  }

  get listen(): ListenConfig[] {
    return this.#written.map((one, index) => ({ ...one, port: this.#ports[index] ?? one.port }));
  }

  /** The first worker has been given these, in the order of the listeners. */
  learn(ports: readonly number[]): void {
    this.#ports = this.#written.map(({ port }, index) => ports[index] ?? port);
  }

  /** The ones in their place: what is new gets a port that nobody has. Throws an Error with a text for people if there is none. */
  next(listen: readonly ListenConfig[]): SharedPorts {
    const places = pairListeners(listen, this.#written);
    const free = [...probePorts(listen.filter((_, index) => places[index] === undefined))];
    const next = new SharedPorts(listen);
    next.learn(places.map((place) => (place === undefined ? free.shift() : this.#ports[place]) ?? 0));
    return next;
  }
}
