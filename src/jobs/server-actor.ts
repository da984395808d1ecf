import type { Actor } from '#domain/context.ts'

/** The server itself, for events. */
export const SERVER: Actor = {
  kind: 'system',
  id: 'server',
  label: 'Countersign',
  reach: { kind: 'platform' },
  permissions: new Set(['*']),
  origin: { ip: null, userAgent: null, requestId: 'job', surface: 'system' },
}
