import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { revokeSession } from './session.service.ts'
import { idleSince, SessionFilter, SessionView, viewSession } from './session.ts'

const SessionId = z.strictObject({ id: idOf('session') })

export const sessionList = operation({
  name: 'session.list',
  summary: 'List a realm’s sessions',
  description: 'Newest first; only sessions that still hold, unless ended ones are asked for.',
  permission: 'sessions:read',
  reach: 'realm',
  input: SessionFilter,
  output: pageOf(SessionView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope, clock }, { ended, ...query }) => {
    const { id, policy } = realmOf(scope)
    const now = clock.now()
    const living = ended ? undefined : { now, idleSince: idleSince(policy, now) }
    const { data, nextCursor } = await read.sessions.list(id, { ...query, living })
    return { data: data.map(viewSession), nextCursor }
  },
})

export const sessionGet = operation({
  name: 'session.get',
  summary: 'Show a session',
  permission: 'sessions:read',
  reach: 'realm',
  input: SessionId,
  output: SessionView,
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, { id }) => {
    const session = await read.sessions.find(realmOf(scope).id, id)
    if (!session) throw new Failure('not_found')
    return viewSession(session)
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
