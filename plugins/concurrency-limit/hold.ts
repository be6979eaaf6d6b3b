/** A place that a request has. */
export interface Place {
  giveBack(): void;
}

/** What one request holds, from its `limit` phase to its end: given back exactly once, whichever of both comes last. */
export class Hold {
  #place: Place | undefined;
  #isEnded = false;

  constructor(place: Place | undefined) {
    this.#place = place;
  }

  /** The place that it has waited for; false, and given back at once, if the request has ended meanwhile. */
  keep(place: Place): boolean {
    if (this.#isEnded) {
      place.giveBack();
      return false;
    }
    this.#place = place;
    return true;
  }

  end(): void {
    this.#isEnded = true;
    this.#place?.giveBack();
    this.#place = undefined;
  }
}
