// The parameters of a backchannel authentication request that no other request has (OpenID Connect CIBA §7.1).

import type { AskedApproval } from '#domain/backchannel-authentication/backchannel-authentication.service.ts'
import {
  isBindingMessage,
  REQUEST_LIFETIME_MAX,
} from '#domain/backchannel-authentication/backchannel-authentication.ts'
import type { Client } from '#domain/client/client.ts'
import { leastLevel, methodsFor } from '#domain/client/sign-in-demands.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { reachableAal } from '#domain/sign-in/methods.ts'
import { Failure } from '#kernel/error.ts'
import type { Parameters } from '#web/parameters.ts'
import type { Facts } from '../authorize/step.ts'

/** A `b64token` (RFC 6750 §2.1) with at least 128 bits, and at most 1024 characters (CIBA §7.1). */
const NOTIFICATION_TOKEN = /^[A-Za-z0-9._~+/-]{22,1024}=*$/
const HINTS = ['login_hint', 'id_token_hint', 'login_hint_token']
const NOT_HERE: Readonly<Record<string, string>> = {
  login_hint_token: 'login_hint_token is not supported; send login_hint or id_token_hint.',
  user_code: 'user_code is not supported.',
  request_uri: 'request_uri is not supported.',
}

/**
 * Refuses what a request must not have: several hints or none, and what is not supported.
 * @throws Failure `invalid_request`
 */
export function checkHints(parameters: Parameters): void {
  for (const [name, message] of Object.entries(NOT_HERE)) {
    if (parameters.get(name) !== undefined) throw new Failure('invalid_request', message)
  }
  const given = HINTS.filter((name) => parameters.get(name) !== undefined)
  if (given.length !== 1) throw new Failure('invalid_request', 'Send one of login_hint and id_token_hint.')
}

/**
 * What a client asks for, with what was found of the rest of its request.
 * @throws Failure `invalid_request`, `invalid_scope`, `invalid_target`, `invalid_binding_message`, `unmet_authentication_requirements`
 */
export function askedApproval(
  parameters: Parameters,
  client: Client,
  { scopes, resources, details, aal, hint, loginHint, organization = null }: Facts,
  realm: Realm,
): AskedApproval {
  if (!scopes.includes('openid')) throw new Failure('invalid_scope', 'The scope must contain openid.')
  if (Math.max(aal, leastLevel(realm, client)) > reachableAal(methodsFor(realm, client)))
    throw new Failure('unmet_authentication_requirements')
  if (resources.length > 1 && client.backchannelTokenDeliveryMode === 'push') {
    throw new Failure('invalid_target', 'Ask for one resource: the token that is sent is for one.')
  }
  if (client.organizationUsage === 'required' && organization === null && realm.kind !== 'admin') {
    throw new Failure('invalid_request', 'This client signs people in for an organization: name it in organization.')
  }
  const bindingMessage = parameters.get('binding_message') ?? null
  if (bindingMessage !== null && !isBindingMessage(bindingMessage)) throw new Failure('invalid_binding_message')
  const asked = { scopes, resources, details, aal, hint, loginHint, organization, bindingMessage }
  return { ...asked, lifetime: lifetimeOf(parameters), notificationToken: notificationTokenOf(parameters, client) }
}

function lifetimeOf(parameters: Parameters): number | undefined {
  const text = parameters.get('requested_expiry')
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new Failure('invalid_request', 'requested_expiry must be a positive number of seconds.')
  }
  return Math.min(Number(text), REQUEST_LIFETIME_MAX)
}

function notificationTokenOf(parameters: Parameters, client: Client): string | undefined {
  if (client.backchannelTokenDeliveryMode === 'poll') return undefined
  const token = parameters.need('client_notification_token')
  if (NOTIFICATION_TOKEN.test(token)) return token
  throw new Failure('invalid_request', 'client_notification_token must be 22 to 1024 characters of a bearer token.')
}
