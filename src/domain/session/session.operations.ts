// The operations on sessions.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { listSessions, revokeSession, withUsers } from './session.service.ts'
import { SessionFilter, SessionOwner, SessionsEnded, SessionsPurged, SessionWithUser } from './session.ts'
import { purgeSessions, revokeAllSessions } from './session-administration.service.ts'

const SessionId = z.strictObject({ id: idOf('session') })

export const sessionList = operation({
  name: 'session.list',
  summary: 'List sessions',
  description:
    'The sessions of a realm, newest first. By default, only active sessions are listed. Without a realm, the active sessions of all realms within the reach, read by offset and ordered by expiry time, the latest first. Up to ten thousand sessions are counted exactly; above that, idle sessions count until they expire.',
  permission: 'sessions:read',
  reach: 'realm',
  across: true,
  input: SessionFilter,
  output: listOf(SessionWithUser),
  errors: ['not_found', 'access_denied'],
  events: [],
  run: listSessions,
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
    const [view] = session ? await withUsers(context, [session]) : []
    if (!view) throw new Failure('not_found')
    return view
  },
})

export const sessionRevoke = operation({
  name: 'session.revoke',
  summary: 'End a session',
  description:
    'The user must sign in again, and the tokens of the session are revoked. Ending an ended session changes nothing.',
  permission: 'sessions:write',
  reach: 'realm',
  irreversible: true,
  input: SessionId,
  output: z.void(),
  errors: ['not_found'],
  events: ['session.ended'],
  run: revokeSession,
})

export const sessionRevokeAll = operation({
  name: 'session.revoke_all',
  summary: 'End all sessions of a user or of a realm',
  description:
    'Everybody whose session ends must sign in again, and the tokens of the sessions are revoked. The sessions of a realm end some hundred at a time; those that begin meanwhile go on.',
  permission: 'sessions:write',
  reach: 'realm',
  irreversible: true,
  input: SessionOwner,
  output: SessionsEnded,
  errors: ['not_found'],
  events: ['session.ended'],
  run: revokeAllSessions,
})

export const sessionPurge = operation({
  name: 'session.purge',
  summary: 'Delete the expired sessions of a realm',
  description: 'They are of no use any more, and go by themselves after their retention. The events about them stay.',
  permission: 'sessions:write',
  reach: 'realm',
  irreversible: true,
  input: z.strictObject({}),
  output: SessionsPurged,
  errors: ['not_found'],
  events: ['session.purged'],
  run: purgeSessions,
})
