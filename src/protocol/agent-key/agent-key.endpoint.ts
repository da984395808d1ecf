// Where an agent replaces its own key: it proves to have the old one and the new one (RFC 9449 §4).
import { rotateProvedKey } from '#domain/agent/agent-key.service.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { addressesOf } from '../addresses.ts'
import { replayed } from '../binding/binding.ts'
import { dpop } from '../binding/dpop.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'

const PATHS = ['/oauth/agent-key'] as const

/** The header `DPoP` is by the old key, the parameter `new_key_proof` by the new one; both name this address. */
export const agentKeyEndpoint: Endpoint = {
  name: 'agent_key',
  methods: ['POST'],
  paths: PATHS,
  refuse: refuseAsJson,
  async respond(services, request) {
    const { form, realm } = request
    form.refuseRepeated()
    const text = form.need('new_key_proof')
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: false })
    if (!client.agent?.dpopJkt) throw new Failure('access_denied', 'The client is no agent, or it has no key.')
    const place = { addresses: addressesOf(context, request, PATHS), profile: profileOf(realm, client) }
    const old = dpop.read(context, request, place)
    const next = dpop.read(context, { ...request, headers: { ...request.headers, dpop: text } }, place)
    if (!old || !next) throw new Failure('invalid_dpop_proof', 'A proof by each key is needed.')
    const proved = { oldJkt: jktOf(old.confirmation), newJkt: jktOf(next.confirmation) }
    const rotated = await rotateProvedKey(context, client.agent.id, proved, async (unit) => {
      const now = context.clock.now()
      for (const proof of [old, next]) if (!(await proof.consume(unit, now))) throw replayed()
    })
    return json(200, { old_jkt: rotated.oldJkt, new_jkt: rotated.newJkt, revoked_tokens: rotated.revokedTokens })
  },
}

function jktOf(confirmation: object): string {
  return 'jkt' in confirmation ? String(confirmation.jkt) : ''
}
