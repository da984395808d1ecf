// Checks the overview of one user.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anotherTenant } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { organizationAddMember, organizationCreate } from '../organization/organization.operations.ts'
import { projectCreate } from '../project/project.operations.ts'
import type { Session } from '../session/session.ts'
import { userCreate } from './user.operations.ts'
import { userOverview } from './user-overview.operations.ts'

test('a user is shown with the sessions that hold, at every realm over the directory, and the organizations', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const user = await runOperation(userCreate, context, { email: 'ada@example.com' })
  const organization = await runOperation(organizationCreate, context, { name: 'Acme', slug: 'acme' })
  await runOperation(organizationAddMember, context, { id: organization.id, userId: user.id, role: 'admin' })
  await runOperation(organizationCreate, context, { name: 'Another', slug: 'another' })
  const { realmId } = await runOperation(projectCreate, context, { name: 'Web' })
  const now = services.clock.now()
  const session = (more: Partial<Session> = {}): Session => ({
    id: services.random.id(),
    tenantId: services.tenantId,
    realmId: services.realm.id,
    userId: user.id,
    secretHash: services.random.id(),
    amr: ['pwd'],
    aal: 1,
    ip: '192.0.2.7',
    userAgent: 'test',
    authenticatedAt: now,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + 3_600_000,
    endedAt: null,
    ...more,
  })
  const holding = [session(), session({ realmId })]
  const gone = [
    session({ endedAt: now }),
    session({ expiresAt: now }),
    session({ lastSeenAt: now - 43_200_000 }),
    session({ userId: services.random.id() }),
  ]
  await context.write(async (unit) => {
    for (const one of [...holding, ...gone]) await unit.sessions.insert(one)
  })
  const shown = await runOperation(userOverview, context, { id: user.id })
  assert.deepEqual(shown.user, user)
  assert.deepEqual(
    shown.sessions.map(({ id }) => id),
    holding.map(({ id }) => id).reverse(),
  )
  assert.ok(!JSON.stringify(shown).includes(holding[0]?.secretHash ?? ''))
  assert.deepEqual(
    shown.organizations.map(({ id, role }) => [id, role]),
    [[organization.id, 'admin']],
  )

  for (const permissions of [['users:read'], ['users:read', 'sessions:read'], ['users:read', 'organizations:read']]) {
    await assert.rejects(
      runOperation(userOverview, services.contextFor({ permissions }), { id: user.id }),
      failure('forbidden'),
    )
  }
  const tenantId = await anotherTenant(services)
  const [realm] = (await services.contextFor({ realm: null, tenantId }).read.realms.list({ limit: 1 })).data
  const elsewhere = services.contextFor({ tenantId, realm: realm ?? null })
  await assert.rejects(runOperation(userOverview, elsewhere, { id: user.id }), failure('not_found'))
})
