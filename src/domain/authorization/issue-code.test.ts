import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { updateRealm } from '#domain/realm/realm.service.ts'
import { RealmPatch } from '#domain/realm/realm.ts'
import { contextOf, Parameters, type RealmRequest } from '#domain/realm-request.ts'
import { revokeSession } from '#domain/session/session.service.ts'
import { updateUser } from '#domain/user/user.service.ts'
import { UserPatch } from '#domain/user/user.ts'
import { parse } from '#kernel/parse.ts'
import { DIALECTS } from '#testing/databases.ts'
import { answerOf, goThrough, PASSWORD, type Scene, setScene } from '#testing/scene.ts'
import { formOf, type Visitor } from '#testing/visitor.ts'
import { answerClient, review } from './review.ts'
import { findTransaction } from './transaction.ts'

const NOTHING = new Parameters(new Map())

/** A request as the visitor's browser sends it. */
function requestOf(scene: Scene, visitor: Visitor): RealmRequest {
  return {
    method: 'GET',
    realm: scene.house.realm,
    issuer: 'https://id.example.com',
    base: '',
    query: NOTHING,
    form: NOTHING,
    headers: {},
    cookies: visitor.cookies,
    origin: { ip: null, userAgent: null, requestId: 'r', surface: 'test' },
  }
}

/** Goes on until nothing is left to do but to issue the code. */
async function comeToTheEnd(scene: Scene) {
  const visitor = scene.visitor()
  const page = await visitor.follow(await visitor.get('/oauth/authorize', scene.request()))
  const asked = await visitor.submit(page, { email: 'ada@example.com', password: PASSWORD })
  const { action, fields } = formOf(asked)
  const { location = '' } = await visitor.post(action, { ...fields, decision: 'allow' })
  const request = requestOf(scene, visitor)
  const context = contextOf(scene.house, request)
  const transaction = await findTransaction(context, fields.transaction, visitor.cookies.get('__Host-browser-default'))
  const reviewed = await review(context, request, transaction)
  assert.equal(reviewed.decision, 'issue')
  return { visitor, location, finish: () => answerClient(context, request.issuer, reviewed, transaction) }
}

for (const database of DIALECTS) {
  describe(`issuing a code on ${database}`, async () => {
    test('RC-19 a session or a user that ends in the last moment gives no code, and leaves nothing behind', async () => {
      const scene = await setScene({ database })
      try {
        const context = scene.house.contextFor()
        const endings = [
          async () => {
            const { data } = await context.read.sessions.list(scene.house.realm.id, { limit: 1 })
            await revokeSession(context, { id: data[0]?.id ?? '' })
          },
          () => updateUser(context, parse(UserPatch, { id: scene.ada.id, status: 'suspended' })),
        ]
        for (const end of endings) {
          const { finish } = await comeToTheEnd(scene)
          await end()
          assert.equal(answerOf({ location: (await finish())?.headers.location as string }).error, 'login_required')
        }
        assert.equal((await scene.events('authorization_code.issued')).length, 0)
        assert.equal((await scene.events('grant.created')).length, 0)
      } finally {
        await scene.close()
      }
    })

    test('CO-09 of many at once one gets the code', async () => {
      const scene = await setScene({ database })
      try {
        const { visitor, location } = await comeToTheEnd(scene)
        const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.get(location)))
        assert.equal(answers.filter((answer) => answer.location?.includes('code=')).length, 1)
        assert.equal(answers.filter((answer) => answer.error === 'expired').length, 19)
        assert.equal((await scene.events('authorization_code.issued')).length, 1)
        assert.equal((await scene.events('grant.created')).length, 1)
      } finally {
        await scene.close()
      }
    })

    test('RC-19 of a session’s end and a code, either there is no code or it came first', async () => {
      const scene = await setScene({ database })
      try {
        const context = scene.house.contextFor()
        const client = await scene.makeClient({ firstParty: true })
        for (let round = 0; round < 10; round++) {
          const visitor = scene.visitor()
          await goThrough(visitor, scene.request({ client_id: client.clientId }))
          const { data } = await context.read.sessions.list(scene.house.realm.id, { limit: 1 })
          const silent = () =>
            visitor.get('/oauth/authorize', scene.request({ client_id: client.clientId, prompt: 'none' }))
          const [, ...answers] = await Promise.all([
            revokeSession(context, { id: data[0]?.id ?? '' }),
            ...Array.from({ length: 5 }, silent),
          ])
          for (const answer of answers) assert.ok('code' in answerOf(answer) || 'error' in answerOf(answer))
          assert.equal(answerOf(await silent()).error, 'login_required')
        }
      } finally {
        await scene.close()
      }
    })

    test('a code lives as long as the realm says', async () => {
      const scene = await setScene({ database })
      try {
        const context = scene.house.contextFor()
        await updateRealm(context, parse(RealmPatch, { policy: { authorizationCodeLifetime: 20 } }))
        const found = await scene.house.registry.realmByIssuerId('default')
        assert.ok(found)
        const visitor = scene.visitor({ realm: found.realm })
        const code = answerOf(await goThrough(visitor, scene.request())).code ?? ''
        const stored = await context.read.oneTimeTokens.find('authorization_code', scene.house.crypto.digest(code))
        assert.equal(stored?.expiresAt, scene.house.clock.now() + 20_000)
      } finally {
        await scene.close()
      }
    })
  })
}
