export interface PunctualOptions {
  /** Ms by which the scenario may be late, all in all, and must hold nevertheless; 100 unless told. */
  readonly slackMs?: number;
  /** Lets time pass; real time unless told. */
  readonly pass?: (ms: number) => Promise<void>;
}

const ATTEMPTS = 20;

/**
 * Runs a scenario whose steps must follow each other in time: what fails because a busy machine was late says nothing, and is run
 * anew. It lets time pass by what it is given, and must begin with things of its own each time. Rejects as the scenario does when
 * it was in time, or has been late 20 times.
 */
export async function punctually(
  scenario: (pass: (ms: number) => Promise<void>) => Promise<void>,
  { slackMs = 100, pass = Bun.sleep }: PunctualOptions = {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const startedAt = performance.now();
    let passedMs = 0;
    try {
      return await scenario(async (ms) => {
        passedMs += ms;
        await pass(ms);
      });
    } catch (error) {
      const lateMs = performance.now() - startedAt - passedMs;
      if (lateMs <= slackMs || attempt === ATTEMPTS) throw error;
    }
  }
}
