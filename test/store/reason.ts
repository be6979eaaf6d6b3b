import { StoreError } from "../../src/store/error.ts";

/** The reason of the StoreError that it rejects with. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof StoreError) return error.reason;
    throw error;
  }
  throw new Error("the call did not fail");
}
