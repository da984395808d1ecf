// The part of the context that grants and steps get.
import type { Context } from '#domain/context.ts'

/** The part of the context that grants and steps get: they can read, but they cannot write, limit or issue. */
export type ReadContext = Pick<Context, 'read' | 'registry' | 'crypto' | 'clock' | 'scope' | 'network'>
