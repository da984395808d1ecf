// Owns which operations take something away.
import type { Operation } from './operations.ts'

const TAKES = /^(delete|remove|revoke|erase|suspend|purge|clear|disable_mfa|reset|unassign|end)/

/** Whether an operation takes something away. */
export const isDanger = ({ method, verb, isFinal }: Operation): boolean =>
  method === 'DELETE' || isFinal || TAKES.test(verb)
