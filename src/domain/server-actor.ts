// Owns the actor of what the server does itself.
import { EVERYTHING } from '#kernel/permission.ts'
import type { Actor } from './actor.ts'

/** The server itself, for events. @param requestId what it does: it stands where other events have the id of a request */
export function serverActor(requestId: 'first-boot' | 'boot' | 'job' | 'proxy'): Actor {
  return {
    kind: 'system',
    id: 'server',
    label: 'Countersign',
    reach: { kind: 'platform' },
    permissions: EVERYTHING,
    origin: { ip: null, userAgent: null, requestId, surface: 'system' },
  }
}
