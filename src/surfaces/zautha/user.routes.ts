// The users of the tenant, whom its projects share (Zautha, “Users”).
import * as z from 'zod'
import { OrganizationOfUser } from '#domain/organization/organization.ts'
import { SessionView } from '#domain/session/session.ts'
import * as users from '#domain/user/user.operations.ts'
import { UserView } from '#domain/user/user.ts'
import { userOverview } from '#domain/user/user-overview.operations.ts'
import { replyAbout } from '../reply.ts'
import type { Route } from '../surface.ts'
import { computedList, homeScope, list, noContent, ok, representation, rows } from './dialect.ts'

const row = rows({ scope: homeScope })

const members = ['id', 'tenantId', 'email', 'emailVerified', 'name', 'givenName', 'familyName', 'status'] as const
const spelling = {
  pick: [...members, 'attributes', 'lastSignInAt', 'createdAt', 'updatedAt'] as const,
  names: { attributes: 'metadata' },
}
const user = representation(UserView, spelling)

const session = representation(SessionView, {
  pick: ['id', 'ip', 'userAgent', 'createdAt', 'lastSeenAt', 'expiresAt'],
  names: { ip: 'ip_address', lastSeenAt: 'last_active_at' },
})
const organization = representation(OrganizationOfUser, { pick: ['id', 'name', 'slug', 'role'] })

type Overview = z.output<typeof userOverview.output>
const Whole = UserView.extend({ sessions: z.array(SessionView), organizations: z.array(OrganizationOfUser) })
const userWithDetails = representation(Whole, spelling, {
  sessions: computedList(session, ({ sessions }: z.output<typeof Whole>) => sessions),
  organizations: computedList(organization, ({ organizations }: z.output<typeof Whole>) => organizations),
})
const overview = replyAbout(ok(userWithDetails), ({ user, ...more }: Overview) => ({ ...user, ...more }))

export const userRoutes: readonly Route[] = [
  row('GET /v1/admin/users', users.userSearch, list(user, 'users'), {
    pick: ['search', 'status'],
    reach: 'tenant',
  }),
  row('GET /v1/admin/users/{id}', userOverview, overview),
  row('PATCH /v1/admin/users/{id}', users.userUpdate, ok(user), { pick: ['status', 'attributes'] }),
  row('DELETE /v1/admin/users/{id}', users.userDelete, noContent),
]
