// The operations that revoke something with all that descends from it.
import { type Permission, permits } from '#kernel/permission.ts'
import { type Context, operation } from '../context.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { revoke, simulateRevocation } from './revocation.service.ts'
import { RevocationReport, RevocationTarget } from './revocation.ts'

/** What a caller sees of the samples. */
const SHOWN = [
  { permission: 'issuances:read', when: 'the response names tokens' },
  { permission: 'users:read', when: 'the response names people' },
  { permission: 'clients:read', when: 'the response names clients' },
  { permission: 'agents:read', when: 'the response names agents' },
] as const satisfies readonly { readonly permission: Permission; readonly when: string }[]

/** A report without the samples of what the caller may not see. */
function shownTo({ actor }: Context, report: RevocationReport): RevocationReport {
  const { tokens, people, clients, agents } = report
  const seen = <Part extends { readonly sample: readonly unknown[] }>(part: Part, permission: Permission): Part =>
    permits(actor.permissions, permission) ? part : { ...part, sample: [] }
  return {
    ...report,
    tokens: seen(tokens, 'issuances:read'),
    people: seen(people, 'users:read'),
    clients: seen(clients, 'clients:read'),
    agents: seen(agents, 'agents:read'),
  }
}

export const revocationSimulate = operation({
  name: 'revocation.simulate',
  summary: 'Show what a revocation would end',
  description:
    'The tokens of a token, grant, client, user, agent or session with all that was exchanged for them, refresh tokens, codes and sessions, and who has them: counts, and some of each that the caller may see. Nothing changes.',
  permission: 'revocations:read',
  alsoNeeds: SHOWN,
  reach: 'realm',
  input: RevocationTarget,
  output: RevocationReport,
  errors: ['not_found'],
  events: [],
  run: async (context, input) => shownTo(context, await simulateRevocation(context, input)),
})

export const revocationCreate = operation({
  name: 'revocation.create',
  summary: 'Revoke something with all that descends from it',
  description:
    'In one transaction: the tokens of a token, grant, client, user, agent or session with all that was exchanged for them, refresh tokens, codes and sessions. The response is what a simulation says. Clients, users and agents can get new tokens: suspend them to prevent that.',
  permission: 'revocations:write',
  alsoNeeds: [
    { permission: 'sessions:write', when: 'a user or a session is revoked' },
    { permission: 'grants:write', when: 'a consent is revoked' },
    ...SHOWN,
  ],
  reach: 'realm',
  irreversible: true,
  input: RevocationTarget,
  output: RevocationReport,
  errors: ['not_found'],
  events: ['revocation.made', 'grant.revoked', 'session.ended'],
  run: async (context, input) => {
    if (input.userId !== undefined || input.sessionId !== undefined) checkAlsoPermitted(context, 'sessions:write')
    if (input.grantId !== undefined) checkAlsoPermitted(context, 'grants:write')
    return shownTo(context, await revoke(context, input))
  },
})
