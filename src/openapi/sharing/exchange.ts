import type { Logger } from "../../observe/logger.ts";
import { readContent, writeContent } from "./content-file.ts";
import type { DocumentsContent, DocumentsState, Handed } from "./state.ts";

/** What follows the documents of one configuration. */
export interface Member {
  /** The same for the same configuration, in every process. */
  readonly key: string;
  /** From now on it asks and merges by itself; once more is nothing new. */
  lead(): void;
  /** This is what another process has made. */
  adopt(state: DocumentsState): void;
}

/** The way to the other processes. */
export interface DocumentChannel {
  /** Where files are that all of them read. */
  readonly folder: string;
  readonly log: Logger;
  publish(handed: Handed): void;
}

/** A process that is told nothing of its configuration for so long does it by itself: whoever should is no help. */
const PATIENCE_MS = 30_000;

/**
 * Of several processes of a gateway one asks for the documents and merges them; the others publish what it has made. It outlives reloads, so
 * that the next configuration finds what is known. A process that has no channel leads.
 */
export class DocumentExchange {
  readonly #members = new Map<Member, Timer | undefined>();
  readonly #patienceMs: number;
  #channel: DocumentChannel | undefined = undefined;
  #leads = true;
  #latest: Handed | undefined = undefined;
  #content: { readonly file: string; readonly content: DocumentsContent } | undefined = undefined;
  /** One after the other, so that the latest is what stays. */
  #last: Promise<void> = Promise.resolve();

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** There are other processes: one of them leads until this one is told to. */
  join(channel: DocumentChannel): void {
    this.#channel = channel;
    this.#leads = false;
  }

  /** Begins; the answer ends it. */
  enter(member: Member): () => void {
    this.#members.set(member, undefined);
    const known = this.#latest;
    const isKnown = known?.key === member.key;
    if (isKnown) this.#then(() => this.#take(known));
    if (this.#leads && isKnown) this.#then(() => member.lead());
    else if (this.#leads) member.lead();
    else if (!isKnown)
      this.#members.set(
        member,
        setTimeout(() => member.lead(), this.#patienceMs),
      );
    return () => {
      clearTimeout(this.#members.get(member));
      this.#members.delete(member);
      if (this.#members.size === 0) this.#content = undefined;
    };
  }

  /** This process is the one from now on. */
  lead(): void {
    this.#leads = true;
    for (const member of this.#members.keys()) this.#then(() => member.lead());
  }

  /** Takes what the process that leads has told. */
  learn(handed: Handed): void {
    if (this.#leads) return;
    this.#latest = handed;
    this.#then(() => this.#take(handed));
  }

  /** Resolves when all that it was told is taken, or told. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Tells the others how things are, if this is the process that leads; resolves when that is done. */
  share(member: Member, { facts, content }: DocumentsState): Promise<void> {
    return this.#then(async () => {
      const channel = this.#channel;
      // While another configuration is about to take effect its own word counts.
      if (channel === undefined || content.result === undefined || !this.#leads) return;
      if ([...this.#members.keys()].at(-1) !== member) return;
      try {
        if (this.#content?.content.result !== content.result) {
          this.#content = { file: await writeContent(channel.folder, content), content };
        }
        this.#latest = { key: member.key, file: this.#content.file, facts };
        channel.publish(this.#latest);
      } catch (error) {
        channel.log.error("the other workers cannot be told of the services' documents", { error });
      }
    });
  }

  async #take(handed: Handed): Promise<void> {
    const members = [...this.#members.keys()].filter(({ key }) => key === handed.key);
    if (handed !== this.#latest || members.length === 0) return;
    try {
      if (this.#content?.file !== handed.file) {
        this.#content = { file: handed.file, content: await readContent(handed.file) };
      }
      const { content } = this.#content;
      for (const member of members) {
        clearTimeout(this.#members.get(member));
        member.adopt({ facts: handed.facts, content });
      }
    } catch (error) {
      // A later one is on its way, or comes with the next refresh.
      this.#channel?.log.warn("what another worker has made of the services' documents cannot be read", { error });
    }
  }

  #then(next: () => void | Promise<void>): Promise<void> {
    const done = this.#last.then(next);
    // A fault is for who began the step; it stops none of those after it.
    this.#last = done.catch(() => {});
    return done;
  }
}

/** What keeps values beyond a reload. */
interface Keeper {
  state<T>(key: string, create: () => T): T;
}

/** The one of this process. */
export function documentExchange(lasting: Keeper): DocumentExchange {
  return lasting.state("openapi exchange", () => new DocumentExchange());
}
