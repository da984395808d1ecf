import { Failure } from '#kernel/error.ts'
import { permits } from '#kernel/permission.ts'
import type { Context } from '../context.ts'
import { listOrganizationsOfUser } from '../organization/organization.service.ts'
import type { OrganizationOfUser } from '../organization/organization.ts'
import { isLiving, type SessionView, viewSession } from '../session/session.ts'
import { getUser } from './user.service.ts'
import type { UserView } from './user.ts'

const SESSIONS_MAX = 100
const ORGANIZATIONS_MAX = 200

/**
 * A user with the sessions that hold and the organizations.
 * @throws Failure `not_found`, `forbidden` for who may not see sessions or organizations
 */
export async function userOverview(
  context: Context,
  { id }: { id: string },
): Promise<{ user: UserView; sessions: SessionView[]; organizations: OrganizationOfUser[] }> {
  for (const needed of ['sessions:read', 'organizations:read']) {
    if (!permits(context.actor.permissions, needed)) {
      throw new Failure('forbidden', `This needs the permission ${needed} besides.`)
    }
  }
  const user = await getUser(context, { id })
  const { data: organizations } = await listOrganizationsOfUser(context, { id, limit: ORGANIZATIONS_MAX })
  return { user, sessions: await livingSessions(context, id), organizations }
}

// A session is left idle by the policy of the realm that it is at.
async function livingSessions({ read, clock, registry }: Context, userId: string): Promise<SessionView[]> {
  const now = clock.now()
  const living: SessionView[] = []
  for (const session of await read.sessions.openOf(userId, now, SESSIONS_MAX)) {
    const found = await registry.realmById(session.realmId)
    if (found && isLiving(session, found.realm.policy, now)) living.push(viewSession(session))
  }
  return living
}
