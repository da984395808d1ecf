import * as z from 'zod'
import type { OrganizationOfUser } from '#domain/organization/organization.ts'
import type { SessionView } from '#domain/session/session.ts'
import { userDelete, userSurvey, userUpdate } from '#domain/user/user.operations.ts'
import { USER_STATUSES, UserPatch, UserSurvey, type UserView } from '#domain/user/user.ts'
import { userOverview } from '#domain/user/user-overview.operations.ts'
import type { Route } from '../surface.ts'
import { homeScope, listOf, listSchema, PageParameters, pageOf, row, timeOut } from './row.ts'

const { status, attributes } = UserPatch.shape

const Update = z.strictObject({ status, metadata: attributes })

const List = PageParameters.extend({ search: UserSurvey.shape.search, status: UserSurvey.shape.status })

const user = {
  id: z.uuid(),
  tenant_id: z.uuid(),
  email: z.string(),
  email_verified: z.boolean(),
  name: z.string().nullable(),
  given_name: z.string().nullable(),
  family_name: z.string().nullable(),
  status: z.enum(USER_STATUSES),
  metadata: z.record(z.string(), z.unknown()),
  last_sign_in_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
}
const User = z.object(user)

const Overview = z.object({
  ...user,
  sessions: z.array(
    z.object({
      id: z.uuid(),
      ip_address: z.string().nullable(),
      user_agent: z.string().nullable(),
      created_at: z.string(),
      last_active_at: z.string(),
      expires_at: z.string(),
    }),
  ),
  organizations: z.array(z.object({ id: z.uuid(), name: z.string(), slug: z.string(), role: z.string() })),
})

function shown(view: UserView): z.output<typeof User> {
  return {
    id: view.id,
    tenant_id: view.tenantId,
    email: view.email,
    email_verified: view.emailVerified,
    name: view.name,
    given_name: view.givenName,
    family_name: view.familyName,
    status: view.status,
    metadata: view.attributes,
    last_sign_in_at: timeOut(view.lastSignInAt),
    created_at: timeOut(view.createdAt) ?? '',
    updated_at: timeOut(view.updatedAt) ?? '',
  }
}

interface Found {
  readonly user: UserView
  readonly sessions: readonly SessionView[]
  readonly organizations: readonly OrganizationOfUser[]
}

function shownWhole({ user, sessions, organizations }: Found): z.output<typeof Overview> {
  return {
    ...shown(user),
    sessions: sessions.map((session) => ({
      id: session.id,
      ip_address: session.ip,
      user_agent: session.userAgent,
      created_at: timeOut(session.createdAt) ?? '',
      last_active_at: timeOut(session.lastSeenAt) ?? '',
      expires_at: timeOut(session.expiresAt) ?? '',
    })),
    organizations: organizations.map(({ id, name, slug, role }) => ({ id, name, slug, role })),
  }
}

const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** The tenant’s users, whom its projects share (Zautha, “Users”). */
export const userRoutes: readonly Route[] = [
  row('GET /v1/admin/users', userSurvey, {
    scope: homeScope,
    query: List,
    input: ({ query: { search, status, ...page } }) => ({ ...pageOf(page), search, status }),
    reply: (page, { query }) => listOf('users', page, query, shown),
    replySchema: listSchema('users', User),
  }),
  row('GET /v1/admin/users/{id}', userOverview, {
    scope: homeScope,
    input: id,
    reply: shownWhole,
    replySchema: Overview,
  }),
  row('PATCH /v1/admin/users/{id}', userUpdate, {
    scope: homeScope,
    body: Update,
    input: ({ params, body }) => ({ id: params.id, status: body.status, attributes: body.metadata }),
    reply: shown,
    replySchema: User,
    names: { attributes: 'metadata' },
  }),
  row('DELETE /v1/admin/users/{id}', userDelete, { scope: homeScope, input: id }),
]
