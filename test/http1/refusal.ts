import { ProtocolError } from "../../src/http1/protocol-error.ts";

/** The code of the ProtocolError that it throws; undefined if it throws none. Another error goes through. */
export function refusal(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return undefined;
}
