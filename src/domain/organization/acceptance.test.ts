import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse } from '#testing/house.ts'
import { failure, run } from '#testing/run.ts'
import { partnerUpdate } from '../partner/partner.operations.ts'
import { tenantGet } from '../tenant/tenant.operations.ts'
import { userList } from '../user/user.operations.ts'
import { findOffer, registerInvited } from './acceptance.service.ts'
import { invitationCreate, invitationList, invitationRevoke } from './invitation.operations.ts'
import { organizationCreate, organizationMembers } from './organization.operations.ts'

const PASSWORD = 'correct horse battery staple'

for (const dialect of DIALECTS) {
  describe(`accounts of invited people on ${dialect}`, () => {
    async function openScene() {
      const house = await openTestHouse({ database: dialect })
      const context = () => house.contextFor()
      const { id } = await run(organizationCreate, context(), { name: 'Acme', slug: 'acme' })
      return {
        house,
        id,
        context,
        /** Somebody who has no account yet. */
        newcomer: (): Context =>
          house.contextFor({
            permissions: [],
            reach: { kind: 'none' },
            actor: { kind: 'user', id: house.random.id(), label: 'ada@example.com' },
          }),
        invite: async (email: string) => {
          const made = await run(invitationCreate, context(), { id, email })
          const token = new URL(made.acceptUrl ?? '').searchParams.get('invitation') ?? ''
          return { invitationId: made.id, token }
        },
        people: async () => (await run(userList, context())).data.map(({ email }) => email),
        members: async () => (await run(organizationMembers, context(), { id })).data.map(({ email }) => email),
        [Symbol.asyncDispose]: () => house.close(),
      }
    }

    const refusedWith = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
      outcomes.flatMap((outcome) => {
        if (outcome.status === 'fulfilled') return []
        assert.ok(outcome.reason instanceof Failure, String(outcome.reason))
        return [outcome.reason.code]
      })

    test('of ten who use one link at once, one makes the account', async () => {
      await using scene = await openScene()
      const { token } = await scene.invite('ada@example.com')
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => registerInvited(scene.newcomer(), token, PASSWORD)),
      )
      const refused = refusedWith(outcomes)
      assert.equal(refused.length, 9)
      assert.ok(refused.every((code) => code === 'already_exists' || code === 'expired'))
      assert.deepEqual([await scene.people(), await scene.members()], [['ada@example.com'], ['ada@example.com']])
    })

    test('a link that is revoked while it is used makes an account and a member, or neither', async () => {
      await using scene = await openScene()
      for (let round = 0; round < 8; round++) {
        const email = `person-${round}@example.com`
        const { invitationId, token } = await scene.invite(email)
        const outcomes = await Promise.allSettled([
          registerInvited(scene.newcomer(), token, PASSWORD),
          run(invitationRevoke, scene.context(), { id: scene.id, invitationId }),
        ])
        const [made, revoked] = outcomes.map(({ status }) => status === 'fulfilled')
        assert.notEqual(made, revoked, JSON.stringify(refusedWith(outcomes)))
        assert.deepEqual(
          [(await scene.people()).includes(email), (await scene.members()).includes(email)],
          [made, made],
        )
        const { data } = await run(invitationList, scene.context(), { id: scene.id, limit: '200' })
        assert.equal(data.find((one) => one.id === invitationId)?.status, made ? 'accepted' : 'revoked')
      }
    })

    test('no account is made beyond what the tenant may have, and the link stays good', async () => {
      await using scene = await openScene()
      const { house } = scene
      const tenants = house.contextFor({ realm: null })
      const tenant = await run(tenantGet, tenants, { id: house.tenantId })
      await run(partnerUpdate, tenants, { id: tenant?.partnerId, maxUsersPerTenant: 0 })
      const { token } = await scene.invite('ada@example.com')
      await assert.rejects(registerInvited(scene.newcomer(), token, PASSWORD), failure('limit_reached'))
      await assert.rejects(registerInvited(scene.newcomer(), token, 'short'), failure('invalid_input'))
      assert.equal((await findOffer(scene.newcomer(), token))?.invitation.status, 'pending')
      assert.deepEqual(await scene.people(), [])
    })
  })
}
