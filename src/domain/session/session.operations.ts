import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { revokeSession, surveySessions, withUsers } from './session.service.ts'
import { idleSince, SessionFilter, SessionSurvey, SessionWithUser } from './session.ts'

const SessionId = z.strictObject({ id: idOf('session') })

export const sessionList = operation({
  name: 'session.list',
  summary: 'List a realm’s sessions',
  description: 'Newest first; only sessions that still hold, unless ended ones are asked for.',
  permission: 'sessions:read',
  reach: 'realm',
  input: SessionFilter,
  output: pageOf(SessionWithUser),
  errors: ['not_found'],
  events: [],
  run: async (context, { ended, ...query }) => {
    const { read, scope, clock } = context
    const { id, policy } = realmOf(scope)
    const now = clock.now()
    const living = ended ? undefined : { now, idleSince: idleSince(policy, now) }
    const { data, nextCursor } = await read.sessions.list(id, { ...query, living })
    return { data: await withUsers(context, data), nextCursor }
  },
})

export const sessionSurvey = operation({
  name: 'session.survey',
  summary: 'List sessions by numbered pages',
  description:
    'The sessions that hold at every realm within reach, or at those of one tenant or partner; first those that hold longest. Ten thousand are counted one by one; where there are more, those left idle for too long count until they expire.',
  permission: 'sessions:read',
  reach: 'tenant',
  across: true,
  input: SessionSurvey,
  output: numberedPageOf(SessionWithUser),
  errors: ['access_denied'],
  events: [],
  run: surveySessions,
})

export const sessionGet = operation({
  name: 'session.get',
  summary: 'Show a session',
  permission: 'sessions:read',
  reach: 'realm',
  input: SessionId,
  output: SessionWithUser,
  errors: ['not_found'],
  events: [],
  run: async (context, { id }) => {
    const session = await context.read.sessions.find(realmOf(context.scope).id, id)
    const [shown] = session ? await withUsers(context, [session]) : []
    if (!shown) throw new Failure('not_found')
    return shown
  },
})

export const sessionRevoke = operation({
  name: 'session.revoke',
  summary: 'End a session',
  description:
    'The person has to sign in again, and the tokens that came from the session are revoked. Ending an ended session changes nothing.',
  permission: 'sessions:write',
  reach: 'realm',
  input: SessionId,
  output: z.void(),
  errors: ['not_found'],
  events: ['session.ended'],
  run: revokeSession,
})
