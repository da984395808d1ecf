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
  description:
    'The newest 100 sessions that hold, at every realm over the directory, and the first 200 organizations. It needs the permissions to see those, too.',
  permission: 'users:read',
  reach: 'tenant',
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
