// Owns the inputs of operations on users, groups, roles and organizations.
import { adminRealmOf } from '#domain/admin-realm/admin-realm.service.ts'
import { administratorCreate } from '#domain/administrator/administrator.operations.ts'
import { agentCreate } from '#domain/agent/agent.operations.ts'
import { groupMembers, groupNest } from '#domain/group/group.operations.ts'
import { invitationCreate } from '#domain/organization/invitation.operations.ts'
import { organizationAddMember } from '#domain/organization/organization.operations.ts'
import { roleAssign, roleCreate } from '#domain/role/role.operations.ts'
import { userDelete } from '#domain/user/user.operations.ts'
import { createAccess } from '../access.ts'
import { byId, type Fixture, type Fixtures, type Maker, PASSWORD } from './maker.ts'

const busyUser = byId((maker) => maker.busyUser())
const group = byId((maker) => maker.group())
const organization = byId((maker) => maker.organization())
const role = byId((maker) => maker.role())

async function administrator(maker: Maker) {
  const made = await maker.run(administratorCreate, { email: maker.email(), password: PASSWORD })
  await maker.access(made)
  return made
}

async function administratorSession(maker: Maker): Promise<{ id: string }> {
  const { services } = maker
  const { id } = await maker.run(administratorCreate, { email: maker.email(), password: PASSWORD })
  const context = services.contextFor()
  const realm = await adminRealmOf(context)
  const place = { realmId: realm.id, clientId: services.random.id() }
  await createAccess(services.database, { id, tenantId: services.tenantId }, place, services.clock.now())
  const { data } = await context.read.sessions.list(realm.id, { limit: 1, userId: id })
  const [session] = data
  if (!session) throw new Error('the session was not made')
  const at = services.contextFor({ realm })
  await at.write((unit) =>
    unit.emit('session.started', {
      subject: { type: 'session', id: session.id },
      data: { renewed: false, expiresAt: session.expiresAt },
    }),
  )
  return session
}

const nested: Fixture = async (maker) => {
  const input = { id: (await maker.group()).id, childGroupId: (await maker.group()).id }
  await maker.run(groupNest, input)
  return { input }
}

async function invitation(maker: Maker, email = maker.email()) {
  const { id } = await maker.organization()
  return { ...(await maker.run(invitationCreate, { id, email, mail: false })), organizationId: id }
}

/** A permission that one role has. */
async function knownPermission(maker: Maker) {
  const permission = `${maker.word()}:read`
  const { id } = await maker.run(roleCreate, { name: maker.word(), permissions: [permission] })
  return { id, permission }
}

async function assignment(maker: Maker) {
  return { id: (await maker.role()).id, userId: (await maker.user()).id }
}

/** Calls of what is done to users, groups, organizations, roles and administrators. */
export const PEOPLE: Fixtures = {
  'user.create': (maker) => ({
    input: { email: maker.email(), name: 'Ada', username: maker.word(), password: PASSWORD },
  }),
  'user.get': busyUser,
  'user.update': [
    async (maker) => ({ input: { id: (await maker.busyUser()).id, status: 'suspended', name: maker.word() } }),
    async (maker) => ({ input: { id: (await maker.user({ status: 'suspended' })).id, status: 'active' } }),
    async (maker) => ({ input: { id: (await maker.busyUser()).id, email: maker.email(), attributes: { level: 3 } } }),
  ],
  'user.set_password': async (maker) => ({ input: { id: (await maker.busyUser()).id, password: `${PASSWORD} 2` } }),
  'user.reset_password': busyUser,
  'user.disable_mfa': async (maker) => ({ input: { id: (await maker.authenticator()).userId } }),
  'authenticator.list': async (maker) => ({ input: { id: (await maker.authenticator()).userId } }),
  'authenticator.remove': async (maker) => {
    const { userId: id, id: authenticatorId } = await maker.authenticator()
    return { input: { id, authenticatorId } }
  },
  'linked_account.list': async (maker) => ({ input: { id: (await maker.linkedAccount()).userId } }),
  'linked_account.remove': async (maker) => {
    const { userId: id, id: linkedAccountId } = await maker.linkedAccount()
    return { input: { id, linkedAccountId } }
  },
  'terms_acceptance.list': async (maker) => ({ input: { id: (await maker.user()).id } }),
  'remembered_device.list': async (maker) => ({ input: { id: (await maker.rememberedDevice()).userId } }),
  'remembered_device.remove': async (maker) => {
    const { userId: id, id: rememberedDeviceId } = await maker.rememberedDevice()
    return { input: { id, rememberedDeviceId } }
  },
  'user.send_password_reset': busyUser,
  'user.send_verification': busyUser,
  'user.roles': busyUser,
  'user.list_events': busyUser,
  'user.agents': busyUser,
  'user.set_tier': async (maker) => ({ input: { id: (await maker.busyUser()).id, tier: 'Pro' } }),
  'user.revoke_agents': async (maker) => {
    const { id } = await maker.busyUser()
    await maker.run(agentCreate, { name: maker.word(), ownerId: id })
    return { input: { id, reason: 'left' } }
  },
  'user.delete': busyUser,
  'user.erase': async (maker) => {
    const { id } = await maker.busyUser()
    await maker.run(userDelete, { id })
    return { input: { id } }
  },
  'user.overview': busyUser,
  'user.groups': busyUser,
  'user.organizations': busyUser,
  'user.permissions': busyUser,

  'group.create': (maker) => ({ input: { name: maker.word() } }),
  'group.get': group,
  'group.update': async (maker) => ({ input: { id: (await maker.group()).id, name: maker.word() } }),
  'group.delete': async (maker) => {
    const { input } = await nested(maker)
    return { input: { id: (input as { childGroupId: string }).childGroupId } }
  },
  'group.add_members': async (maker) => ({
    input: { id: (await maker.group()).id, userIds: [(await maker.user()).id, (await maker.user()).id] },
  }),
  'group.remove_member': async (maker) => {
    const { id } = await maker.group()
    const { data } = await maker.run(groupMembers, { id })
    return { input: { id, userId: data[0]?.userId } }
  },
  'group.nest': async (maker) => ({ input: { id: (await maker.group()).id, childGroupId: (await maker.group()).id } }),
  'group.unnest': nested,
  'group.members': group,
  'group.effective_members': group,
  'group.children': group,

  'organization.create': (maker) => ({ input: { name: maker.word(), slug: maker.word() } }),
  'organization.get': organization,
  'organization.update': async (maker) => ({ input: { id: (await maker.organization()).id, name: maker.word() } }),
  'organization.delete': async (maker) => ({ input: { id: (await invitation(maker)).organizationId } }),
  'organization.add_member': async (maker) => ({
    input: { id: (await maker.organization()).id, userId: (await maker.user()).id },
  }),
  'organization.update_member': async (maker) => ({ input: { ...(await member(maker)), role: 'billing' } }),
  'organization.remove_member': async (maker) => ({ input: await member(maker) }),
  'organization.members': organization,

  'invitation.create': async (maker) => ({ input: { id: (await maker.organization()).id, email: maker.email() } }),
  'invitation.list': organization,
  'invitation.revoke': async (maker) => {
    const { id: invitationId, organizationId: id } = await invitation(maker)
    return { input: { id, invitationId } }
  },
  'invitation.resend': async (maker) => {
    const { id: invitationId, organizationId: id } = await invitation(maker)
    return { input: { id, invitationId, mail: false } }
  },
  'invitation.accept': async (maker) => {
    const user = await maker.user()
    const { acceptUrl } = await invitation(maker, user.email)
    return { input: { token: new URL(acceptUrl ?? '').searchParams.get('invitation'), userId: user.id } }
  },

  'role_permission.create': (maker) => ({ input: { permission: `${maker.word()}:read` } }),
  'role_permission.delete': async (maker) => ({ input: { permission: (await knownPermission(maker)).permission } }),
  'role_permission.roles': async (maker) => ({ input: { permission: (await knownPermission(maker)).permission } }),
  'role_permission.users': async (maker) => ({ input: { permission: (await knownPermission(maker)).permission } }),
  'role_permission.usage': async (maker) => ({ input: { permissions: [(await knownPermission(maker)).permission] } }),
  'role.add_permission': async (maker) => {
    const { permission } = await knownPermission(maker)
    return { input: { id: (await maker.role()).id, permission } }
  },
  'role.remove_permission': async (maker) => ({ input: await knownPermission(maker) }),
  'role.create': async (maker) => {
    const { id: organizationId } = await maker.organization()
    return { input: { name: maker.word(), permissions: ['docs:read', 'docs:write'], organizationId } }
  },
  'role.get': role,
  'role.update': async (maker) => ({
    input: { id: (await maker.role()).id, permissions: [`${maker.word()}:share`, 'docs:read'] },
  }),
  'role.delete': role,
  'role.assign': async (maker) => ({ input: await assignment(maker) }),
  'role.unassign': async (maker) => {
    const input = await assignment(maker)
    await maker.run(roleAssign, input)
    return { input }
  },
  'role.assignments': role,
  'authorization.check': async (maker) => ({ input: { userId: (await maker.user()).id, permission: 'docs:read' } }),

  'administrator.create': (maker) => ({ input: { email: maker.email(), password: PASSWORD } }),
  'administrator.renew_link': () => ({ input: {} }),
  'administrator.get': byId(administrator),
  'administrator.update': async (maker) => ({ input: { id: (await administrator(maker)).id, status: 'suspended' } }),
  'administrator.set_password': async (maker) => ({
    input: { id: (await administrator(maker)).id, password: `${PASSWORD} 2` },
  }),
  'administrator.recover': byId(administrator, undefined, { removeSecondFactors: true }),
  'administrator.delete': byId(administrator),
  'administrator_session.revoke': byId(administratorSession),
}

async function member(maker: Maker) {
  const { id } = await maker.organization()
  const { id: userId } = await maker.user()
  await maker.run(organizationAddMember, { id, userId })
  return { id, userId }
}
