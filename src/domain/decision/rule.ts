// Names the policies that decide refusals, for the operator.
import { columnOf } from '#kernel/declaration.ts'
import type { Rule } from '#kernel/error.ts'
import type { Client } from '../client/client.ts'
import type { Profile } from '../realm/profile.ts'
import type { Realm } from '../realm/realm.ts'

const ITEMS_MAX = 5
const ITEM_LENGTH = 80

/** What is listed to the operator: the number, and the first few. */
export function listed(values: readonly string[]): string {
  if (values.length === 0) return 'none'
  const first = values.slice(0, ITEMS_MAX).map((value) => value.slice(0, ITEM_LENGTH))
  return `${values.length}: ${first.join(', ')}${values.length > first.length ? ', …' : ''}`
}

/**
 * A rule of the security profiles of a realm and a client.
 * @param given what the request had
 */
export function profileRule(
  { policy }: Pick<Realm, 'policy'>,
  client: Pick<Client, 'profile'> | undefined,
  profile: Profile,
  name: keyof Profile,
  given?: string,
): Rule {
  const names = [...new Set([policy.profile, client?.profile ?? policy.profile])].join(' and ')
  const value = profile[name]
  const text = typeof value === 'object' ? listed(value) : String(value)
  return { policy: `profile.${columnOf(name)}`, value: `${text} (${names})`, ...(given !== undefined && { given }) }
}

/** A setting of a client. @param given what the request had */
export function clientRule<Name extends keyof Client>(
  client: Pick<Client, Name>,
  name: Name & string,
  given?: string,
): Rule {
  const value: unknown = client[name]
  const text = Array.isArray(value) ? listed(value.map(String)) : String(value)
  return { policy: `client.${columnOf(name)}`, value: text, ...(given !== undefined && { given }) }
}
