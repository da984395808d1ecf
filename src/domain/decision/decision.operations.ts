// The operation on decisions.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import { type Context, operation } from '../context.ts'
import { type Decision, DecisionView } from './decision.ts'
import type { Missing } from './decision-log.ts'

const ID = z.string().min(1).max(64).describe('The id of the refused request.')

/** Why there is no decision, as far as its id tells. What is out of reach is not told from what is not kept. */
const MISSING: Readonly<Record<Missing, string>> = {
  malformed: 'This is not the id of a request of this server.',
  expired: 'The decision has left the memory of the server: a decision is kept for an hour.',
  other_process:
    'Another process answered this request, or this one before it was restarted. Each process keeps its own decisions: ask that one.',
  not_kept:
    'No decision is kept about this request: it was not refused, newer refusals have taken its place, or it is out of your reach.',
}

export const decisionGet = operation({
  name: 'decision.get',
  summary: 'Show why a request was refused',
  description:
    'By the id of the request, which is in X-Request-Id, in error_uri, on error pages, in the log and in events: which step of which endpoint refused, and by which policy. The server keeps the newest decisions of each realm in memory for an hour, each process its own.',
  permission: 'events:read',
  reach: 'tenant',
  across: true,
  input: z.object({ id: ID }),
  output: DecisionView,
  errors: ['not_found'],
  events: [],
  async run(context, { id }) {
    const found = context.process.decisions.find(id)
    if (typeof found === 'string') throw new Failure('not_found', MISSING[found])
    if (!(await isReached(context, found))) throw new Failure('not_found', MISSING.not_kept)
    const { isKnown: _, tenantId, ...decision } = found
    return { ...decision, tenantId: tenantId === PLATFORM ? null : tenantId }
  },
})

/** Whether a decision is within the reach of the caller, whichever tenant the request names. */
async function isReached({ actor: { reach }, read }: Context, { tenantId }: Decision): Promise<boolean> {
  if (reach.kind === 'platform') return true
  return tenantId !== PLATFORM && (await read.acrossTenants.tenants.find(reach, tenantId)) !== undefined
}
