// Checks the acceptance of invitations.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { partnerUpdate } from '../partner/partner.operations.ts'
import { tenantGet } from '../tenant/tenant.operations.ts'
import { userList } from '../user/user.operations.ts'
import { findOpenInvitation, registerInvited } from './acceptance.service.ts'
import { invitationCreate, invitationList, invitationRevoke } from './invitation.operations.ts'
import { organizationCreate, organizationMembers } from './organization.operations.ts'

const PASSWORD = 'correct horse battery staple'

for (const dialect of DIALECTS) {
  describe(`accounts of invited people on ${dialect}`, () => {
    async function openScene() {
      const services = await openTestServices({ database: dialect })
      const context = () => services.contextFor()
      const { id } = await runOperation(organizationCreate, context(), { name: 'Acme', slug: 'acme' })
      return {
        services,
        id,
        context,
        /** A person without an account. */
        newcomer: (): Context =>
          services.contextFor({
            permissions: [],
            reach: { kind: 'none' },
            actor: { kind: 'user', id: services.random.id(), label: 'ada@example.com' },
          }),
        invite: async (email: string) => {
          const made = await runOperation(invitationCreate, context(), { id, email })
          const token = new URL(made.acceptUrl ?? '').searchParams.get('invitation') ?? ''
          return { invitationId: made.id, token }
        },
        people: async () => (await runOperation(userList, context())).data.map(({ email }) => email),
        members: async () =>
          (await runOperation(organizationMembers, context(), { id })).data.map(({ email }) => email),
        [Symbol.asyncDispose]: () => services.close(),
      }
    }

    const refusedWith = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
      outcomes.flatMap((outcome) => {
        if (outcome.status === 'fulfilled') return []
        assert.ok(outcome.reason instanceof Failure, String(outcome.reason))
        return [outcome.reason.code]
      })

    test('of ten who use one link at once, one makes the account', async () => {
      await using fixture = await openScene()
      const { token } = await fixture.invite('ada@example.com')
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => registerInvited(fixture.newcomer(), { token, password: PASSWORD })),
      )
      const refused = refusedWith(outcomes)
      assert.equal(refused.length, 9)
      assert.ok(refused.every((code) => code === 'already_exists' || code === 'expired'))
      assert.deepEqual([await fixture.people(), await fixture.members()], [['ada@example.com'], ['ada@example.com']])
    })

    test('a link that is revoked while it is used makes an account and a member, or neither', async () => {
      await using fixture = await openScene()
      for (let round = 0; round < 8; round++) {
        const email = `person-${round}@example.com`
        const { invitationId, token } = await fixture.invite(email)
        const outcomes = await Promise.allSettled([
          registerInvited(fixture.newcomer(), { token, password: PASSWORD }),
          runOperation(invitationRevoke, fixture.context(), { id: fixture.id, invitationId }),
        ])
        const [made, revoked] = outcomes.map(({ status }) => status === 'fulfilled')
        assert.notEqual(made, revoked, JSON.stringify(refusedWith(outcomes)))
        assert.deepEqual(
          [(await fixture.people()).includes(email), (await fixture.members()).includes(email)],
          [made, made],
        )
        const { data } = await runOperation(invitationList, fixture.context(), { id: fixture.id, limit: '200' })
        assert.equal(data.find((one) => one.id === invitationId)?.status, made ? 'accepted' : 'revoked')
      }
    })

    test('no account is made beyond what the tenant may have, and the link stays good', async () => {
      await using fixture = await openScene()
      const { services } = fixture
      const tenants = services.contextFor({ realm: null })
      const tenant = await runOperation(tenantGet, tenants, { id: services.tenantId })
      await runOperation(partnerUpdate, tenants, { id: tenant?.partnerId, maxUsersPerTenant: 0 })
      const { token } = await fixture.invite('ada@example.com')
      await assert.rejects(registerInvited(fixture.newcomer(), { token, password: PASSWORD }), failure('limit_reached'))
      await assert.rejects(registerInvited(fixture.newcomer(), { token, password: 'short' }), failure('invalid_input'))
      assert.equal((await findOpenInvitation(fixture.newcomer(), token))?.invitation.status, 'pending')
      assert.deepEqual(await fixture.people(), [])
    })
  })
}
