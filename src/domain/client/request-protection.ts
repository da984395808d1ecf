// How the request objects of a client are signed and encrypted (RFC 9101, OpenID Connect Dynamic Client Registration §2).
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'
import {
  PROOF_ALGORITHMS,
  REQUEST_ENCRYPTION_ALGORITHMS,
  REQUEST_ENCRYPTIONS,
  type RequestEncryption,
} from '../outside.ts'

/** The fields of a client about its request objects. */
export const RequestFields = {
  requestObjectSigningAlg: editable(
    z
      .enum(PROOF_ALGORITHMS)
      .nullable()
      .describe(
        'The only algorithm that its request objects can be signed with; null for each that the profile allows.',
      ),
    { initial: null },
  ),
  requestObjectEncryptionAlg: editable(
    z
      .enum(REQUEST_ENCRYPTION_ALGORITHMS)
      .nullable()
      .describe('How the key of its request objects is encrypted, which must be encrypted then; null for no rule.'),
    { initial: null },
  ),
  requestObjectEncryptionEnc: editable(
    z
      .enum(REQUEST_ENCRYPTIONS)
      .nullable()
      .describe('How the content of its request objects is encrypted; null selects A128CBC-HS256.'),
    { initial: null },
  ),
  requireSignedRequestObject: editable(
    z
      .boolean()
      .describe('Whether it must send its authorization requests as signed request objects (RFC 9101, section 10.5).'),
    { initial: false },
  ),
}

/** All of them; their names in metadata are the same in snake case. */
export const REQUEST_FIELDS = Object.keys(RequestFields) as (keyof typeof RequestFields)[]
/** One of {@link REQUEST_FIELDS}. */
export type RequestField = (typeof REQUEST_FIELDS)[number]

/** What the fields say. */
export interface RequestChoices {
  readonly requestObjectSigningAlg: string | null
  readonly requestObjectEncryptionAlg: (typeof REQUEST_ENCRYPTION_ALGORITHMS)[number] | null
  readonly requestObjectEncryptionEnc: RequestEncryption | null
  readonly requireSignedRequestObject: boolean
}

/** Whether a client signs request objects by a rule of its own, so that it needs keys. */
export function mustSign({ requestObjectSigningAlg, requireSignedRequestObject }: RequestChoices): boolean {
  return requestObjectSigningAlg !== null || requireSignedRequestObject
}

/** How the request objects of a client must be encrypted; undefined for no rule. */
export function requestEncryptionOf({
  requestObjectEncryptionAlg: alg,
  requestObjectEncryptionEnc: enc,
}: RequestChoices) {
  return alg === null ? undefined : { alg, enc: enc ?? 'A128CBC-HS256' }
}

/** The contradictions between the fields: the path and a sentence for each. */
export function flawsOfRequests(
  client: RequestChoices & { readonly jwks: unknown; readonly jwksUri: string | null },
): { path: string; message: string }[] {
  if (client.requestObjectEncryptionEnc !== null && client.requestObjectEncryptionAlg === null) {
    return [{ path: 'requestObjectEncryptionEnc', message: 'needs an algorithm for the key beside it' }]
  }
  if (!mustSign(client) || client.jwks !== null || client.jwksUri !== null) return []
  const path = client.requireSignedRequestObject ? 'requireSignedRequestObject' : 'requestObjectSigningAlg'
  return [{ path, message: 'needs either jwks_uri or jwks' }]
}
