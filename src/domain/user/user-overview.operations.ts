// The operation that returns a user with sessions and organizations.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { operation } from '../context.ts'
import { OrganizationOfUser } from '../organization/organization.ts'
import { SessionView } from '../session/session.ts'
import { UserView } from './user.ts'
import { userOverview as overviewOf } from './user-overview.service.ts'

export const userOverview = operation({
  name: 'user.overview',
  summary: 'Show a user with sessions and organizations',
  description: 'The newest 100 active sessions in all realms of the directory, and the first 200 organizations.',
  permission: 'users:read',
  reach: 'tenant',
  alsoNeeds: [
    { permission: 'sessions:read', when: 'always: the sessions are shown' },
    { permission: 'organizations:read', when: 'always: the organizations are shown' },
  ],
  input: z.strictObject({ id: idOf('user') }),
  output: z.object({
    user: UserView,
    sessions: z.array(SessionView),
    organizations: z.array(OrganizationOfUser),
  }),
  errors: ['not_found'],
  events: [],
  run: overviewOf,
})
