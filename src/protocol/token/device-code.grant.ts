import type { Context } from '#domain/context.ts'
import {
  DEVICE_CODE_GRANT,
  type DeviceAuthorization,
  POLL_INTERVAL,
} from '#domain/device-authorization/device-authorization.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import { type Approved, beginFamily } from './begin-family.ts'
import type { Grant } from './grant.ts'

/**
 * RFC 8628 §3.4. A device code of another client is as good as none, and stays what it is for its own: whoever holds it
 * by mistake cannot spoil it.
 */
export const deviceCode: Grant = {
  type: DEVICE_CODE_GRANT,
  async run(context, client, form) {
    const hash = context.crypto.digest(form.need('device_code'))
    const found = await context.read.deviceAuthorizations.findByDeviceCode(hash)
    if (found?.clientId !== client.id || found.consumedAt !== null) throw new Failure('invalid_grant')
    if (found.expiresAt <= context.clock.now()) throw new Failure('expired_token')
    if (found.status === 'denied') throw new Failure('access_denied')
    if (found.status === 'pending') throw await waiting(context, found)
    const response = await beginFamily(context, client, {
      grantType: DEVICE_CODE_GRANT,
      approved: await approvedIn(context, found),
      form,
      consume: (unit, now) => unit.deviceAuthorizations.consume(found.id, now),
    })
    if (!response) throw new Failure('invalid_grant')
    return response
  },
}

// Only a device that has to wait can ask too often: once something is decided, it is told (RFC 8628 §3.5).
async function waiting({ clock, write }: Context, { id }: DeviceAuthorization): Promise<Failure> {
  const inTime = await write((unit) => unit.deviceAuthorizations.poll(id, clock.now(), POLL_INTERVAL))
  return new Failure(inTime ? 'authorization_pending' : 'slow_down')
}

async function approvedIn({ read, scope }: Context, authorization: DeviceAuthorization): Promise<Approved> {
  const { clientId, userId, sessionId, familyId, scopes, resources } = authorization
  const session = sessionId === null ? undefined : await read.sessions.find(realmOf(scope).id, sessionId)
  if (!session || session.endedAt !== null || userId === null || familyId === null) throw new Failure('invalid_grant')
  const { amr, aal, authenticatedAt } = session
  return {
    clientId,
    userId,
    sessionId: session.id,
    familyId,
    scopes,
    resources,
    nonce: null,
    acr: `aal${aal}`,
    amr,
    authenticatedAt,
  }
}
