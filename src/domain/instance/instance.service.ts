// Tells how the server process is, and what it logs.
import type { Context } from '../context.ts'
import type { IdentityProvider } from '../identity-provider/identity-provider.ts'
import { sendsMail } from '../mail/mail.ts'
import { getMailSettings } from '../mail-settings/mail-settings.service.ts'
import type { Host } from '../outside.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Health } from './instance.ts'

const PROVIDERS_PER_PAGE = 200
/** How many lines wait for a follower who reads slowly; the oldest are dropped. */
const LINES_WAITING = 1000

/** How the process is, and how the realm of the request is set up. */
export async function readHealth(context: Context): Promise<Health> {
  const { read, clock, network, scope, actor } = context
  const { host } = context.process
  const realm = realmOf(scope)
  const [keys, mail, providers, reachable] = await Promise.all([
    read.signingKeys.list(realm.id),
    getMailSettings(context),
    everyProvider(context, realm.id),
    host.isDatabaseReachable(),
  ])
  const social = providers.filter((provider) => presetOf(provider) !== undefined)
  return {
    version: host.version,
    uptimeSeconds: Math.floor((clock.now() - host.startedAt) / 1000),
    database: { dialect: host.dialect, bytes: await read.acrossTenants.purges.databaseBytes(actor.reach), reachable },
    migrations: { current: host.migrations.length, name: host.migrations.at(-1) ?? '' },
    keys: { algorithm: realm.algorithm, active: keys.filter(({ state }) => state === 'active').length },
    mail: {
      mode: network.mail?.keeps ? 'development' : 'production',
      configured: sendsMail(context),
      sentToday: mail.sentToday,
      dailyLimit: mail.dailyLimit,
    },
    socialProviders: [
      ...new Set(social.filter(({ enabled }) => enabled).flatMap((provider) => presetOf(provider) ?? [])),
    ].sort(),
    connections: providers.length - social.length,
  }
}

/** The preset that a provider was made with, if there was one. */
function presetOf({ protocol: { settings } }: IdentityProvider): string | undefined {
  return ('preset' in settings ? settings.preset : undefined) ?? undefined
}

async function everyProvider({ read }: Context, realmId: string): Promise<IdentityProvider[]> {
  const found: IdentityProvider[] = []
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const page = await read.identityProviders.list(realmId, {
      limit: PROVIDERS_PER_PAGE,
      ...(cursor !== undefined && { cursor }),
    })
    found.push(...page.data)
    cursor = page.nextCursor
  }
  return found
}

/** The lines of the log from now on. A follower who reads slowly misses the oldest of those that wait. */
export async function* followLog(host: Host, signal: AbortSignal): AsyncGenerator<Record<string, unknown>> {
  const waiting: string[] = []
  let wake = () => {}
  const end = host.followLog((line) => {
    if (waiting.length >= LINES_WAITING) waiting.shift()
    waiting.push(line)
    wake()
  })
  const stop = () => wake()
  signal.addEventListener('abort', stop)
  try {
    while (!signal.aborted) {
      const line = waiting.shift()
      if (line !== undefined) yield JSON.parse(line) as Record<string, unknown>
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', stop)
    end()
  }
}
