// Client authentication by a TLS certificate (RFC 8705 §2): of an authority that the realm trusts, or one that the client
// registered. What protects the certificate's key is the TLS handshake, which proved it.
import type { Client } from '#domain/client/client.ts'
import { withKeys } from '#domain/client/client-key-set.ts'
import { hasNameOf, presentedNames, TLS_NAME_FIELDS } from '#domain/client/mutual-tls.ts'
import type { Context } from '#domain/context.ts'
import { clientRule, listed } from '#domain/decision/rule.ts'
import type { ClientCertificate } from '#domain/outside.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Realm } from '#domain/realm/realm.ts'
import type { Rule } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'

/**
 * Verifies the certificate of a `tls_client_auth` client (RFC 8705 §2.1): an authority of the realm issued it, it is valid
 * now, and it has the name of the client.
 * @returns what is wrong with it, for the operator; undefined where nothing is
 */
export function verifyTlsClientAuth(
  { clock, scope }: Context,
  client: Client,
  certificate: ClientCertificate | undefined,
): RefusalReason | undefined {
  if (!certificate) return 'certificate_missing'
  const now = clock.now()
  if (!certificate.isValidAt(now)) return 'certificate_expired'
  const { clientCertificateAuthorities: authorities } = realmOf(scope).policy
  if (!authorities.some((pem) => certificate.isIssuedBy(pem, now))) return 'certificate_not_trusted'
  return hasNameOf(client, certificate) ? undefined : 'certificate_name'
}

/**
 * Verifies the certificate of a `self_signed_tls_client_auth` client (RFC 8705 §2.2): it is the first of the `x5c` of one of
 * its keys that are not for encryption, valid now, and its key is long enough. Who issued it doesn't matter.
 * @returns what is wrong with it, for the operator; undefined where nothing is
 * @throws Failure `temporarily_unavailable` where the client's keys cannot be fetched
 */
export async function verifySelfSigned(
  context: Context,
  client: Client,
  certificate: ClientCertificate | undefined,
): Promise<RefusalReason | undefined> {
  if (!certificate) return 'certificate_missing'
  if (!certificate.isValidAt(context.clock.now())) return 'certificate_expired'
  if (!certificate.isStrong) return 'certificate_not_registered'
  const { errors } = await import('jose')
  try {
    await withKeys(context, client, async ({ keys }) => {
      const isRegistered = keys.some(
        ({ use, x5c }) => use !== 'enc' && Array.isArray(x5c) && x5c[0] === certificate.der,
      )
      if (!isRegistered) throw new errors.JWKSNoMatchingKey()
    })
    return undefined
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'certificate_not_registered'
    throw error
  }
}

/** Which setting decided about a certificate, and what the certificate has: it is no secret. */
export function certificateRule(
  reason: RefusalReason,
  client: Client,
  { policy }: Pick<Realm, 'policy'>,
  certificate: ClientCertificate | undefined,
): Rule {
  const subject = certificate?.subject || 'a certificate without a subject'
  if (reason === 'certificate_not_trusted') {
    const value = `${policy.clientCertificateAuthorities.length} certificates`
    return { policy: 'policy.client_certificate_authorities', value, given: subject }
  }
  const [field] = TLS_NAME_FIELDS.filter((one) => client[one] !== null)
  if (reason !== 'certificate_name' || !field || !certificate) return clientRule(client, 'authMethod', subject)
  const isSubject = field === 'tlsClientAuthSubjectDn'
  return clientRule(client, field, isSubject ? subject : listed(presentedNames(field, certificate)))
}
