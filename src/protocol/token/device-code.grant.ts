// The device code grant (RFC 8628 §3.4).
import {
  DEVICE_CODE_GRANT,
  type DeviceAuthorization,
  POLL_INTERVAL,
} from '#domain/device-authorization/device-authorization.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { ReadContext } from '../read-context.ts'
import { foundApproval } from './approval.ts'
import { grant, invalidGrant, Refusal, refuse } from './grant.ts'

/**
 * RFC 8628 §3.4. A device code of another client is as good as none, and stays what it is for its own: whoever holds it
 * by mistake cannot spoil it.
 */
export const deviceCode = grant({
  type: DEVICE_CODE_GRANT,
  parameters: { device_code: 'needed' },
  clients: 'registered',
  async find({ context, client, parameters }) {
    const hash = context.crypto.digest(parameters.device_code)
    const found = await context.read.deviceAuthorizations.findByDeviceCode(hash)
    if (found?.clientId !== client.id) throw invalidGrant('device_code_unknown')
    if (found.consumedAt !== null) throw invalidGrant('device_code_used')
    if (found.expiresAt <= context.clock.now()) throw new Failure('expired_token')
    if (found.status === 'denied') throw new Failure('access_denied')
    if (found.status === 'pending') return waiting(found)
    return foundApproval(await approvedIn(context, found), {
      boundTo: null,
      consume: async (unit, now) =>
        (await unit.deviceAuthorizations.consume(found.id, now)) ? undefined : refuse('device_code_used'),
    })
  },
})

// Only a waiting device can poll too often: a decision is returned at once (RFC 8628 §3.5).
function waiting({ id }: DeviceAuthorization): Refusal {
  return new Refusal(async (unit, now) =>
    (await unit.deviceAuthorizations.poll(id, now, POLL_INTERVAL)) ? 'authorization_pending' : 'slow_down',
  )
}

async function approvedIn({ read, scope }: ReadContext, authorization: DeviceAuthorization) {
  const { clientId, userId, sessionId, familyId, scopes, resources, details } = authorization
  const session = sessionId === null ? undefined : await read.sessions.find(realmOf(scope).id, sessionId)
  if (!session || session.endedAt !== null || userId === null || familyId === null) throw invalidGrant('session_ended')
  const { id, amr, aal, authenticatedAt } = session
  const acr = `aal${aal}`
  const approved = { clientId, userId, sessionId: id, familyId, scopes, resources, details }
  return { ...approved, nonce: null, acr, amr, authenticatedAt }
}
