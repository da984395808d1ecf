// Owns what a client is refused with that asks for a grant which it may not use.
import { Failure } from '#kernel/error.ts'

/** The failure `unauthorized_client` about a grant (RFC 6749 §5.2). @param type the `grant_type` */
export function refusedGrant(type: string): Failure {
  return new Failure('unauthorized_client', `The client is not allowed to use the grant type ${type}.`)
}
