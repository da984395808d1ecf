// The device code grant (RFC 8628 §3.4).
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import { foundByPoll } from './approval.ts'
import { grant, invalidGrant } from './grant.ts'

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
    return foundByPoll(context, {
      row: found,
      approved: found,
      rows: ({ deviceAuthorizations }) => deviceAuthorizations,
      usedReason: 'device_code_used',
    })
  },
})
