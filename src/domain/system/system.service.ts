// Reads whether the parts of the server work, and how it is configured.
import type { Context } from '../context.ts'
import { profileOf } from '../realm/profile.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf, type Realm } from '../realm/realm.ts'
import type { Settings } from '../settings.ts'
import type { SystemConfig, SystemNotice, SystemStatus } from './system.ts'

/** How secrets in the database are encrypted. */
const ENCRYPTION = 'aes_master'

/** Whether the database answers, and the realm has a key that signs. */
export async function readStatus({ read, scope, clock, process: { host } }: Context): Promise<SystemStatus> {
  const { version, startedAt, dialect, keyStore } = host
  const works = async (check: () => Promise<boolean>) =>
    (await check().catch(() => false)) ? ('healthy' as const) : ('unhealthy' as const)
  const realm = realmOf(scope)
  return {
    version,
    uptime: Math.max(0, Math.floor((clock.now() - startedAt) / 1000)),
    subsystems: [
      { name: 'storage', status: await works(() => read.tenant.isActive()), driver: dialect },
      {
        name: 'signing',
        status: await works(async () => {
          const keys = await read.signingKeys.list(realm.id)
          return keys.some(({ state }) => state === 'active')
        }),
        driver: keyStore,
      },
      // Without its key, the server does not start.
      { name: 'encryption', status: 'healthy', driver: ENCRYPTION },
    ],
  }
}

/** How the server and the realm are configured, and what an operator should look at. */
export function readConfig({ scope, registry: { settings }, process: { host } }: Context): SystemConfig {
  const realm = realmOf(scope)
  return {
    issuer: issuerOf(realm, settings),
    database: host.dialect,
    algorithm: realm.algorithm,
    keyStore: host.keyStore,
    encryption: ENCRYPTION,
    registration: realm.policy.registration.mode,
    dpopNonceRequired: profileOf(realm).dpopNonce === 'required',
    delegationDepth: realm.policy.delegationDepth,
    sendsMail: settings.sendsMail,
    notices: noticesOf(realm, settings),
  }
}

function noticesOf({ policy }: Realm, { publicUrl, sendsMail, retention }: Settings): SystemNotice[] {
  const { protocol, hostname } = new URL(publicUrl)
  const isHere = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  const notices: (SystemNotice | false)[] = [
    protocol === 'http:' &&
      !isHere && {
        ...{ id: 'public_url_without_tls', severity: 'warning', title: 'The public URL has no TLS' },
        body: 'Tokens and passwords can be read on the way. Set public_url to an https URL.',
      },
    policy.registration.mode === 'open' && {
      ...{ id: 'registration_open', severity: 'warning', title: 'Everybody can register clients' },
      body: 'Set the mode to approved_redirects or admin_only, unless strangers are to register clients.',
    },
    !sendsMail && {
      ...{ id: 'no_mail', severity: 'info', title: 'No mail is sent' },
      body: 'Passwords cannot be reset by mail, and invitations are not mailed. Set smtp_url and mail_from.',
    },
    retention.issuances === undefined && {
      ...{ id: 'issuances_kept', severity: 'info', title: 'Issued tokens are kept' },
      body: 'Their records stay until they are purged. Set issuance_retention_days to have them purged.',
    },
  ]
  return notices.filter((notice) => notice !== false)
}
