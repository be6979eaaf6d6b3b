import { type BodySource, type HeaderList, PassingBody } from "../../src/plugin.ts";

/** A body that passes as it is; somebody is told when all of it has come. */
export class Noticed extends PassingBody {
  readonly #onEnd: () => void;

  constructor(source: BodySource, onEnd: () => void) {
    super(source);
    this.#onEnd = onEnd;
  }

  override end(trailers?: HeaderList): void {
    super.end(trailers);
    this.#onEnd();
  }
}
