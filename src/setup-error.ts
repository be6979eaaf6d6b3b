/** A plugin that could not be set up, and the options that it refused. */
export interface SetupFault {
  readonly options: unknown;
  readonly message: string;
}

/** Plugins could not be set up. */
export class SetupError extends Error {
  override readonly name = "SetupError";
  readonly faults: readonly SetupFault[];

  constructor(faults: readonly SetupFault[]) {
    super(faults.map(({ message }) => message).join("; "));
    this.faults = faults;
  }
}
