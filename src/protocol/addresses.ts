// The addresses of an endpoint: below the issuer, and where clients with certificates find it.
import type { Context } from '#domain/context.ts'
import { mutualTlsBaseOf } from '#domain/realm/realm.ts'
import type { RealmRequest } from '#web/realm-request.ts'

/** What a DPoP proof may name as the address of an endpoint (RFC 9449 §4.3, RFC 8705 §5). @param paths of the endpoint */
export function addressesOf(
  { registry }: Pick<Context, 'registry'>,
  { issuer, realm }: Pick<RealmRequest, 'issuer' | 'realm'>,
  paths: readonly string[],
): string[] {
  const other = mutualTlsBaseOf(realm, registry.settings)
  return [issuer, ...(other === undefined ? [] : [other])].flatMap((base) => paths.map((path) => `${base}${path}`))
}
