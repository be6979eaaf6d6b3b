import { removeContent, removeOthers } from "../openapi/sharing/content-file.ts";
import type { Handed } from "../openapi/sharing/state.ts";
import type { WorkerSlot } from "./slot.ts";

type Place = Pick<WorkerSlot, "worker" | "isServing" | "tell">;

/** A worker may be about to read the one before the latest. */
const FILES = 2;

/** Which of the workers asks for the services' documents and merges them; the others are told what it has made. */
export class DocumentDuty<P extends Place = WorkerSlot> {
  readonly #folder: string | undefined;
  #holder: P | undefined = undefined;
  #latest: Handed | undefined = undefined;
  /** The latest last. */
  #files: readonly string[] = [];

  /** @param folder where they leave what they have made; undefined: each does all by itself */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** The one; undefined while none serves. */
  get holder(): P | undefined {
    return this.#holder?.isServing === true ? this.#holder : undefined;
  }

  /**
   * A worker has come or gone: one that is new learns what is known, and if it was the one that is gone, another takes over. Resolves when
   * that is told.
   */
  async review(places: readonly P[], changed: P): Promise<void> {
    if (this.#folder === undefined) return;
    if (changed.isServing && this.#latest !== undefined) changed.tell({ kind: "documents", handed: this.#latest });
    if (this.holder !== undefined) return;
    const next = places.find(({ isServing }) => isServing);
    this.#holder = next;
    // What the one before was writing is of no use to anybody. The next one does not write meanwhile.
    await removeOthers(this.#folder, this.#files);
    if (this.#holder === next) next?.tell({ kind: "documents-duty" });
  }

  /** Passes on what a worker has made. One that has lost its duty is not listened to. */
  pass(handed: Handed, from: number, places: readonly P[]): void {
    if (from !== this.holder?.worker) return void removeContent(handed.file);
    this.#latest = handed;
    for (const place of places) if (place.worker !== from) place.tell({ kind: "documents", handed });
    if (this.#files.at(-1) === handed.file) return;
    const files = [...this.#files, handed.file];
    for (const file of files.slice(0, -FILES)) void removeContent(file);
    this.#files = files.slice(-FILES);
  }
}
