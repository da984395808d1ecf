// The revocation endpoint (RFC 7009).
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { readRefreshToken } from '#domain/token-family/refresh-token.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { liveToken } from '../live.ts'

/**
 * RFC 7009: a client gives a token back. A refresh token takes its whole family with it (§2.1). Whatever the token was,
 * the answer is the same (§2.2), and a token of another client is left alone.
 */
export const revocationEndpoint: Endpoint = {
  name: 'revocation_endpoint',
  methods: ['POST'],
  paths: ['/oauth/revoke', '/revoke'],
  crossOrigin: true,
  fastPath: true,
  mutualTls: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    request.form.refuseRepeated()
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: true })
    const token = request.form.need('token')
    if (!(await revokeRefreshToken(context, client, token))) await revokeAccessToken(context, client, token)
    // RFC 7009 §2.2: clients ignore the body. Some of them fail without JSON, and leave the refresh token alive.
    return json(200, {})
  },
}

async function revokeAccessToken(context: Context, client: Client, token: string): Promise<void> {
  const live = await liveToken(context, token)
  if (live?.client.id !== client.id) return
  const { id } = live.issued
  await context.write(async (unit) => {
    if (!(await unit.issuances.revoke(id, context.clock.now()))) return
    emitRevoked(unit.emit, client, { type: 'issuance', id })
  })
}

async function revokeRefreshToken(context: Context, client: Client, token: string): Promise<boolean> {
  const presented = readRefreshToken(context.crypto, token)
  if (!presented) return false
  const family = await context.read.tokenFamilies.find(presented.familyId)
  if (family?.clientId !== client.id) return true
  const now = context.clock.now()
  await context.write(async (unit) => {
    const families = await unit.tokenFamilies.revokeWhere({ userId: family.userId, familyId: family.id }, now)
    const tokens = await unit.issuances.revokeWhere({ userId: family.userId, familyId: family.id }, now)
    if (families + tokens > 0) emitRevoked(unit.emit, client, { type: 'token_family', id: family.id })
  })
  return true
}

type Emit = Parameters<Parameters<Context['write']>[0]>[0]['emit']

function emitRevoked(emit: Emit, client: Client, subject: { type: string; id: string }): void {
  const actor = { kind: 'client', id: client.id, label: client.label }
  emit('token.revoked', { subject, actor, data: { clientId: client.clientId } })
}
