// Where the pages of mailed links send people afterwards.
import { flawOfRedirectUri } from '../client/redirect-uri.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'

/** The settings that are such addresses. */
export const REDIRECTS = ['verifyRedirectUrl', 'resetRedirectUrl', 'magicLinkRedirectUrl', 'inviteRedirectUrl'] as const
export type MailRedirect = (typeof REDIRECTS)[number]

/** Whether people may be sent to an address: its origin is that of the realm, or one that it or its clients allow. */
export async function isAllowedRedirect({ registry, scope }: Context, url: string): Promise<boolean> {
  if (!URL.canParse(url) || flawOfRedirectUri(url) !== undefined) return false
  const { origin, protocol } = new URL(url)
  if (!/^https?:$/.test(protocol)) return false
  const realm = realmOf(scope)
  if (origin === new URL(issuerOf(realm, registry.settings)).origin || realm.allowedOrigins.includes(origin))
    return true
  return (await registry.clientOrigins(realm.tenantId, realm.id)).has(origin)
}

/** Where people go after the page of a mailed link; undefined for nowhere. The origin may have become unknown since. */
export async function mailRedirect(context: Context, which: MailRedirect): Promise<string | undefined> {
  const url = (await context.read.mailSettings.find(realmOf(context.scope).id))?.settings[which]
  return url && (await isAllowedRedirect(context, url)) ? url : undefined
}
