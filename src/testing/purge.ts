// Purges a target at once, as the job does.
import { openContext, type Services } from '#domain/open-context.ts'
import { purgeTarget } from '#domain/purge/purge.service.ts'
import type { PurgeTarget } from '#domain/purge/purge.ts'
import { serverActor } from '#domain/server-actor.ts'
import { PLATFORM } from '#kernel/id.ts'

/** Purges the rows of a target from before a time, milliseconds since 1970. @returns how many */
export async function purgeBefore(services: Services, target: PurgeTarget, before: number): Promise<number> {
  const context = openContext(services, serverActor('job'), { tenantId: PLATFORM })
  return (await purgeTarget(context, target, before, { deadline: { isOver: () => false } })).rows
}
