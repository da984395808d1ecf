// Owns what a client is refused with that asks for a grant which it may not use.
import { Failure, type Rule } from '#kernel/error.ts'
import { clientRule } from '../decision/rule.ts'
import type { Client } from './client.ts'

/**
 * The failure `unauthorized_client` about a grant (RFC 6749 §5.2).
 * @param type the `grant_type`
 * @param rule what decided. Default: the grant types of the client
 */
export function refusedGrant(
  type: string,
  client: Pick<Client, 'grantTypes'>,
  rule: Rule = clientRule(client, 'grantTypes', type),
): Failure {
  return new Failure('unauthorized_client', {
    message: `The client is not allowed to use the grant type ${type}.`,
    rule,
  })
}
