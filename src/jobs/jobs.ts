// Owns what runs at intervals instead of on a request. Every job is safe to run in several processes at once.

import { realmsWithUnusedClients } from '#domain/client/dynamic-client.store.ts'
import { deleteUnusedClients } from '#domain/client/registration.service.ts'
import type { Context } from '#domain/context.ts'
import { purgeCounters } from '#domain/counter/counter.store.ts'
import { checkDomainAgain } from '#domain/email-domain/email-domain.service.ts'
import { dueDomains } from '#domain/email-domain/email-domain.store.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { endAttack } from '#domain/proof-of-work/proof-of-work.service.ts'
import { realmsWithEndedAttacks } from '#domain/proof-of-work/realm-attack.store.ts'
import { cutoffOf, purgeTarget } from '#domain/purge/purge.service.ts'
import { CHAIN_TARGETS, PURGE_TARGETS, type PurgeTarget } from '#domain/purge/purge.ts'
import { verifyDomainAgain } from '#domain/realm/realm.service.ts'
import { realmsWithDomains } from '#domain/realm/realm.store.ts'
import { purgeRefusals } from '#domain/refusal/refusal.store.ts'
import { REFUSAL_RETENTION } from '#domain/refusal/refusal.ts'
import { serverActor } from '#domain/server-actor.ts'
import { addAlgorithm, advanceKeys, rotateOldKeys } from '#domain/signing-key/signing-key.service.ts'
import { realmsWithDueKeys, realmsWithOldKeys, realmsWithoutKeys } from '#domain/signing-key/signing-key.store.ts'
import { REALM_ALGORITHMS } from '#domain/signing-key/signing-key.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'

/** One job: its name, for the log, and one round of it. */
export interface Job {
  readonly name: string
  readonly everySeconds: number
  /** Whether its first round begins when the server listens, and not after the first interval. */
  readonly atStart?: boolean
  /** @param log logs something that the operator should know @param isStopping whether a long round should end */
  readonly run: (services: Services, log?: (message: string) => void, isStopping?: () => boolean) => Promise<void>
}

/** Moves the signing keys of each realm to their next state when it is due. */
const advanceDueKeys: Job = {
  name: 'advance signing keys',
  everySeconds: 15,
  async run(services) {
    for (const { realmId } of await realmsWithDueKeys(services.database.read, services.clock.now())) {
      await inRealm(services, realmId, advanceKeys)
    }
  },
}

/** How many realms get keys in one round: an RSA key takes a tenth of a second of one core. */
const REALMS_MAX = 10

/** Gives each realm keys of the algorithms that clients in the field need. They are made off the main thread. */
const addAlgorithms: Job = {
  name: 'add signing algorithms',
  everySeconds: 5,
  atStart: true,
  async run(services) {
    for (const algorithm of REALM_ALGORITHMS) {
      for (const { realmId } of await realmsWithoutKeys(services.database.read, { algorithm, most: REALMS_MAX })) {
        await inRealm(services, realmId, async (context) => void (await addAlgorithm(context, algorithm)))
      }
    }
  },
}

/** Rotates the signing keys of realms whose policy has them rotated after some days. */
const rotateDueKeys: Job = {
  name: 'rotate signing keys',
  everySeconds: 300,
  async run(services) {
    for (const { realmId } of await realmsWithOldKeys(services.database.read, services.clock.now())) {
      await inRealm(services, realmId, rotateOldKeys)
    }
  },
}

/** The failures of a process that was not the first. */
const EXPECTED: ReadonlySet<string> = new Set(['conflict', 'already_exists', 'precondition_failed'])

/** Does something about a realm; what another process did first is done. */
async function inRealm(services: Services, realmId: string, work: (context: Context) => Promise<void>): Promise<void> {
  const place = await services.registry.realmById(realmId)
  if (!place) return
  try {
    await work(openContext(services, serverActor('job'), { tenantId: place.realm.tenantId, realm: place.realm }))
  } catch (error) {
    if (!(error instanceof Failure && EXPECTED.has(error.code))) throw error
  }
}

/** Realms that are read at once. */
const DOMAINS_AT_ONCE = 100
const ATTACKS_AT_ONCE = 1000

/** Verifies custom domains again, and removes those that do not lead to their realms any more. */
const verifyDomains: Job = {
  name: 'verify custom domains',
  everySeconds: 3600,
  async run(services, log) {
    let realmIds: string[]
    let after = ''
    do {
      realmIds = await realmsWithDomains(services.database.read, after, DOMAINS_AT_ONCE)
      for (const realmId of realmIds) {
        await inRealm(services, realmId, async (context) => {
          const message = await verifyDomainAgain(context)
          if (message !== undefined) log?.(message)
        })
      }
      after = realmIds.at(-1) ?? ''
    } while (realmIds.length === DOMAINS_AT_ONCE)
  },
}

/** Looks for the records of verified e-mail domains again. */
const verifyEmailDomains: Job = {
  name: 'verify e-mail domains',
  everySeconds: 300,
  async run(services, log) {
    const due = await dueDomains(services.database.read, services.clock.now(), DOMAINS_AT_ONCE)
    for (const { id, realmId } of due) {
      await inRealm(services, realmId, async (context) => {
        const message = await checkDomainAgain(context, id)
        if (message !== undefined) log?.(message)
      })
    }
  },
}

/** Deletes clients that registered themselves and that nobody used in time. */
const purgeUnusedClients: Job = {
  name: 'purge unused clients',
  everySeconds: 60,
  async run(services) {
    for (const { realmId } of await realmsWithUnusedClients(services.database.read, services.clock.now())) {
      await inRealm(services, realmId, deleteUnusedClients)
    }
  },
}

/** Ends attacks that are over. */
const endAttacks: Job = {
  name: 'end attacks',
  everySeconds: 15,
  async run(services) {
    for (const { realmId } of await realmsWithEndedAttacks(
      services.database.read,
      services.clock.now(),
      ATTACKS_AT_ONCE,
    )) {
      await inRealm(services, realmId, endAttack)
    }
  },
}

const MINUTE = 60
const HOUR = 3600

/** The targets of which a round looks at all that is kept, too. */
const WALKED_TARGETS: readonly PurgeTarget[] = [...CHAIN_TARGETS, 'authorizations']

/** Deletes rows whose retention ended, and counters whose period is over. */
const purgeRows: Job = {
  name: 'purge expired rows',
  everySeconds: MINUTE,
  async run(services, _log, isStopping) {
    const targets = PURGE_TARGETS.filter((target) => !WALKED_TARGETS.includes(target))
    await purgeTargets(services, targets, { seconds: MINUTE, isStopping })
    await services.database.write((connection) => purgeCounters(connection, services.clock.now()))
    await services.database.write((connection) => purgeRefusals(connection, services.clock.now() - REFUSAL_RETENTION))
  },
}

/** Deletes issued tokens and events whose retention ended, where they have one, and authorizations of no more use. */
const purgeWalked: Job = {
  name: 'purge issuances, events and authorizations',
  everySeconds: HOUR,
  run: (services, _log, isStopping) => purgeTargets(services, WALKED_TARGETS, { seconds: HOUR, isStopping }),
}

/** Each target may take as long as there are rounds in between, so that a purge keeps up with what is written. */
async function purgeTargets(
  services: Services,
  targets: readonly PurgeTarget[],
  { seconds, isStopping }: { readonly seconds: number; readonly isStopping: (() => boolean) | undefined },
): Promise<void> {
  const { clock, registry } = services
  const context = openContext(services, serverActor('job'), { tenantId: PLATFORM })
  for (const target of targets) {
    const before = cutoffOf(target, { now: clock.now(), retention: registry.settings.retention })
    const end = clock.now() + seconds * 1000
    const deadline = { isOver: () => isStopping?.() === true || clock.now() >= end }
    if (before !== null && !deadline.isOver()) await purgeTarget(context, target, before, { deadline })
  }
}

/** Drops the decisions of this process that were kept long enough. */
const dropDecisions: Job = {
  name: 'drop expired decisions',
  everySeconds: 60,
  run: async ({ decisions }) => decisions.dropExpired(),
}

export const JOBS: readonly Job[] = [
  advanceDueKeys,
  addAlgorithms,
  rotateDueKeys,
  verifyDomains,
  verifyEmailDomains,
  purgeRows,
  purgeUnusedClients,
  endAttacks,
  purgeWalked,
  dropDecisions,
]
