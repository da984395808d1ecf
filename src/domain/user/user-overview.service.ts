// Reads a user together with sessions and organizations.
import type { Context } from '../context.ts'
import { listOrganizationsOfUser } from '../organization/organization.service.ts'
import type { OrganizationOfUser } from '../organization/organization.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { isSessionValid, type SessionView, viewSession } from '../session/session.ts'
import { getUser } from './user.service.ts'
import type { UserView } from './user.ts'

const SESSIONS_MAX = 100
const ORGANIZATIONS_MAX = 200

/**
 * A user with the valid sessions and the organizations.
 * @throws Failure `not_found`, `forbidden` for callers who may not read sessions or organizations
 */
export async function userOverview(
  context: Context,
  { id }: { id: string },
): Promise<{ user: UserView; sessions: SessionView[]; organizations: OrganizationOfUser[] }> {
  for (const needed of ['sessions:read', 'organizations:read'] as const) checkAlsoPermitted(context, needed)
  const user = await getUser(context, { id })
  const { data: organizations } = await listOrganizationsOfUser(context, { id, limit: ORGANIZATIONS_MAX })
  return { user, sessions: await validSessions(context, id), organizations }
}

// Whether a session is idle for too long depends on the policy of its realm.
async function validSessions({ read, clock, registry }: Context, userId: string): Promise<SessionView[]> {
  const now = clock.now()
  const valid: SessionView[] = []
  for (const session of await read.sessions.openOf(userId, now, SESSIONS_MAX)) {
    const realm = await registry.realmById(session.realmId)
    if (realm && isSessionValid(session, realm.realm.policy, now)) valid.push(viewSession(session))
  }
  return valid
}
