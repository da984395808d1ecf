// Waits for what happens in its own time: a delivery, a job, another process.
import { setTimeout } from 'node:timers/promises'

// A busy machine takes many times as long as a quiet one, and a fault takes for ever.
const PATIENCE = 60_000

/**
 * Waits until something holds.
 * @param state what to show if it does not come to hold
 * @throws Error if it does not hold after a minute
 */
export async function until(holds: () => boolean | Promise<boolean>, state?: () => unknown): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await holds()); await setTimeout(20)) {
    if (Date.now() > end) throw new Error(`It does not come to hold: ${holds}\n${JSON.stringify(state?.())}`)
  }
}
