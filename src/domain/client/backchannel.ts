// How a client asks for the approval of a person who is elsewhere, and how it gets the answer (OpenID Connect CIBA §4).
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'
import { PROOF_ALGORITHMS } from '../outside.ts'

/** The grant type of OpenID Connect CIBA §10.1. */
export const CIBA_GRANT = 'urn:openid:params:grant-type:ciba'

export const DELIVERY_MODES = ['poll', 'ping', 'push'] as const
export type DeliveryMode = (typeof DELIVERY_MODES)[number]

/** The fields of a client about backchannel authentication. */
export const BackchannelFields = {
  backchannelTokenDeliveryMode: editable(
    z
      .enum(DELIVERY_MODES)
      .describe(
        'How it gets the tokens that a person approves elsewhere (CIBA): it polls; it is told when to ask (ping); or they are sent to it (push).',
      ),
    { initial: 'poll' },
  ),
  backchannelClientNotificationEndpoint: editable(
    z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .nullable()
      .describe('Where it is told of the decision, for ping and push (CIBA); null for poll.'),
    { initial: null },
  ),
  backchannelAuthenticationRequestSigningAlg: editable(
    z
      .enum(PROOF_ALGORITHMS)
      .nullable()
      .describe(
        'The algorithm of its signed backchannel authentication requests (CIBA), which must be signed then; null for no rule.',
      ),
    { initial: null },
  ),
}

/** All of them; their names in metadata are the same in snake case. */
export const BACKCHANNEL_FIELDS = Object.keys(BackchannelFields) as (keyof typeof BackchannelFields)[]
/** One of {@link BACKCHANNEL_FIELDS}. */
export type BackchannelField = (typeof BACKCHANNEL_FIELDS)[number]

/** What the fields say, and what they have to agree with. */
interface BackchannelChoices {
  readonly authMethod: string
  readonly grantTypes: readonly string[]
  readonly backchannelTokenDeliveryMode: DeliveryMode
  readonly backchannelClientNotificationEndpoint: string | null
  readonly backchannelAuthenticationRequestSigningAlg: string | null
  readonly dpopBoundAccessTokens: boolean
  readonly tlsClientCertificateBoundAccessTokens: boolean
  readonly jwks: unknown
  readonly jwksUri: string | null
}

/** Whether a client signs its requests, so that it needs keys. */
export function mustSignBackchannel(client: Pick<BackchannelChoices, 'backchannelAuthenticationRequestSigningAlg'>) {
  return client.backchannelAuthenticationRequestSigningAlg !== null
}

type Notified = Pick<BackchannelChoices, 'backchannelTokenDeliveryMode' | 'backchannelClientNotificationEndpoint'>

/** Whether a change has a client told at another address, or has tokens sent to it that it asked for before. */
export function isToldElsewhere(before: Notified, after: Notified): boolean {
  const { backchannelTokenDeliveryMode: mode, backchannelClientNotificationEndpoint: endpoint } = after
  if (mode === 'poll') return false
  const isPushedNow = mode === 'push' && before.backchannelTokenDeliveryMode !== 'push'
  return isPushedNow || endpoint !== before.backchannelClientNotificationEndpoint
}

/** The contradictions between the fields: the path and a sentence for each. */
export function flawsOfBackchannel(client: BackchannelChoices): { path: string; message: string }[] {
  const { backchannelTokenDeliveryMode: mode, backchannelClientNotificationEndpoint: endpoint } = client
  const flaws: { path: string; message: string }[] = []
  const uses = client.grantTypes.includes(CIBA_GRANT)
  if (uses && client.authMethod === 'none') {
    flaws.push({ path: 'grantTypes', message: 'CIBA needs a client that authenticates' })
  }
  if (mode !== 'poll' && !uses) {
    flaws.push({ path: 'backchannelTokenDeliveryMode', message: `${mode} needs the grant ${CIBA_GRANT}` })
  }
  if ((mode === 'poll') !== (endpoint === null)) {
    const message = mode === 'poll' ? 'only for ping and push' : `${mode} needs it`
    flaws.push({ path: 'backchannelClientNotificationEndpoint', message })
  }
  if (mode === 'push' && (client.dpopBoundAccessTokens || client.tlsClientCertificateBoundAccessTokens)) {
    flaws.push({ path: 'backchannelTokenDeliveryMode', message: 'tokens that are pushed cannot be bound to a key' })
  }
  const path = 'backchannelAuthenticationRequestSigningAlg'
  if (mustSignBackchannel(client) && client.jwks === null && client.jwksUri === null) {
    flaws.push({ path, message: 'needs either jwks_uri or jwks' })
  }
  return flaws
}
