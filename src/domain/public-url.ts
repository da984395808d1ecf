// Notices that the server has another public URL than before: tokens and applications have the old one as their issuer.
import { PLATFORM } from '#kernel/id.ts'
import { openContext, type Services } from './open-context.ts'
import { serverActor } from './server-actor.ts'

const PUBLIC_URL = 'public_url'

/** How long a change is told of, in milliseconds: the longest that a session or a refresh token usually lasts. */
const TOLD_FOR = 30 * 24 * 3_600_000

/** A change of the public URL. */
export interface ChangedUrl {
  readonly from: string
  /** Milliseconds since 1970. */
  readonly changedAt: number
}

interface KnownUrl {
  readonly current: string
  readonly changed: ChangedUrl | null
}

/**
 * Compares the public URL with the one that the server was last reachable with. It changes nothing.
 * @returns the last change, where it was less than 30 days ago
 */
export async function changeOfPublicUrl(services: Services): Promise<ChangedUrl | undefined> {
  const now = services.clock.now()
  const context = openContext(services, serverActor('boot'), { tenantId: PLATFORM })
  const known = await context.read.settings.find<KnownUrl>(PUBLIC_URL)
  const { changed } = knownNow(known, services)
  return changed && changed.changedAt > now - TOLD_FOR ? changed : undefined
}

/** Records the public URL of a server that is reachable. A start that failed before leaves no trace. */
export async function recordPublicUrl(services: Services): Promise<void> {
  const { publicUrl: current } = services.registry.settings
  const context = openContext(services, serverActor('boot'), { tenantId: PLATFORM })
  await context.write(async (unit) => {
    const known = await unit.settings.lock<KnownUrl>(PUBLIC_URL)
    if (known?.current === current) return
    const next = knownNow(known, services)
    if (!known) await unit.settings.claim(PUBLIC_URL, next)
    else {
      await unit.settings.replace(PUBLIC_URL, next)
      const data = { from: known.current, to: current }
      unit.emit('instance.public_url_changed', { subject: { type: 'instance', id: PLATFORM }, data })
    }
  })
}

function knownNow(known: KnownUrl | undefined, { registry, clock }: Services): KnownUrl {
  const current = registry.settings.publicUrl
  if (known?.current === current) return known
  return { current, changed: known ? { from: known.current, changedAt: clock.now() } : null }
}
