// Owns the key of an agent: what tokens of the agent are bound to (RFC 9449 §6.1).

import type { Flaw } from '#kernel/error.ts'
import { Failure } from '#kernel/error.ts'
import { touchClient } from '../client/client.service.ts'
import { checkClientKeys, checkImportable } from '../client/client-keys.ts'
import type { Context, Unit } from '../context.ts'
import { newestEventOf } from '../event/newest-event.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endAll } from '../revocation/end-all.ts'
import type { Agent, AgentKeyRotated, AgentKeyRotation } from './agent.ts'

type Jwk = Readonly<Record<string, unknown>>

/** The thumbprint of a public key (RFC 7638). @throws Failure `invalid_input` for what is no public key */
export function thumbprintOfKey({ crypto }: Pick<Context, 'crypto'>, jwk: Jwk): string {
  const flaws: Flaw[] = [...checkClientKeys({ keys: [jwk] }), ...checkImportable(crypto, { keys: [jwk] })]
  const jkt = crypto.thumbprint(jwk)
  const message = flaws[0]?.message ?? (jkt === undefined ? 'the key is incomplete' : undefined)
  if (message === undefined && jkt !== undefined) return jkt
  throw new Failure('invalid_input', {
    message: `public_jwk: ${message}`,
    flaws: [{ path: 'publicJwk', message: message ?? '' }],
  })
}

/** Replaces the key of an agent, or takes it away, and revokes the tokens of the agent. @throws Failure `not_found`, `invalid_input` */
export async function rotateAgentKey(
  context: Context,
  { id, publicJwk, reason }: AgentKeyRotation,
): Promise<AgentKeyRotated> {
  const { id: realmId } = realmOf(context.scope)
  const rotated = await context.write(async (unit) => {
    await unit.agents.lock(realmId, id)
    const agent = await unit.agents.find(realmId, id)
    if (!agent) throw new Failure('not_found')
    const newJkt = publicJwk === null ? null : thumbprintOfKey(context, publicJwk)
    return replaceKey(context, unit, agent, { newJkt, reason, why: 'administrator' })
  })
  const isSame = rotated.oldJkt === rotated.newJkt
  return { ...rotated, eventId: isSame ? null : await newestEventOf(context, 'agent.key_rotated', id) }
}

type KeyReplaced = Omit<AgentKeyRotated, 'eventId'>

/**
 * Replaces the key of an agent that proved to have both keys.
 * @param proved the thumbprints of the keys
 * @param consume notes inside the write that the proofs were used
 * @throws Failure `access_denied` if the agent has another key
 */
export async function rotateProvedKey(
  context: Context,
  id: string,
  proved: { readonly oldJkt: string; readonly newJkt: string },
  consume: (unit: Unit) => Promise<void>,
): Promise<KeyReplaced> {
  const { id: realmId } = realmOf(context.scope)
  return context.write(async (unit) => {
    await unit.agents.lock(realmId, id)
    const agent = await unit.agents.find(realmId, id)
    if (agent?.dpopJkt !== proved.oldJkt)
      throw new Failure('access_denied', 'The proof is not by the key of the agent.')
    await consume(unit)
    return replaceKey(context, unit, agent, { newJkt: proved.newJkt, why: 'proof' })
  })
}

async function replaceKey(
  context: Context,
  unit: Unit,
  agent: Agent,
  { newJkt, reason, why }: { newJkt: string | null; reason?: string | undefined; why: 'administrator' | 'proof' },
): Promise<KeyReplaced> {
  const { id, client, dpopJkt: oldJkt } = agent
  if (oldJkt === newJkt) return { oldJkt, newJkt, revokedTokens: 0 }
  const now = context.clock.now()
  await touchClient(context, unit, client)
  await unit.agents.update({ ...agent, dpopJkt: newJkt })
  const revokedTokens = await endAll(unit, [{ clientId: client.id }], now)
  unit.emit('agent.key_rotated', {
    subject: { type: 'agent', id, label: client.label },
    realmId: client.realmId,
    ...(why === 'proof' && { actor: { kind: 'client', id: client.id, label: client.label } }),
    data: { clientId: client.clientId, oldJkt, newJkt, revokedTokens, why, ...(reason !== undefined && { reason }) },
  })
  return { oldJkt, newJkt, revokedTokens }
}
