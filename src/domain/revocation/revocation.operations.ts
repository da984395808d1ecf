// The operations that revoke something with all that descends from it.
import { operation } from '../context.ts'
import { revoke, simulateRevocation } from './revocation.service.ts'
import { RevocationReport, RevocationTarget } from './revocation.ts'

export const revocationSimulate = operation({
  name: 'revocation.simulate',
  summary: 'Show what a revocation would end',
  description:
    'The tokens of a token, grant, client, user, agent or session with all that was exchanged for them, refresh tokens, codes and sessions, and who has them: counts, and some of each. Nothing changes.',
  permission: 'revocations:read',
  reach: 'realm',
  input: RevocationTarget,
  output: RevocationReport,
  errors: ['not_found'],
  events: [],
  run: simulateRevocation,
})

export const revocationCreate = operation({
  name: 'revocation.create',
  summary: 'Revoke something with all that descends from it',
  description:
    'In one transaction: the tokens of a token, grant, client, user, agent or session with all that was exchanged for them, refresh tokens, codes and sessions. The response is what a simulation says. Clients, users and agents can get new tokens: suspend them to prevent that.',
  permission: 'revocations:write',
  reach: 'realm',
  irreversible: true,
  input: RevocationTarget,
  output: RevocationReport,
  errors: ['not_found'],
  events: ['revocation.made', 'grant.revoked', 'session.ended'],
  run: revoke,
})
