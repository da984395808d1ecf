// Checks the operations on trusted issuers and subject mappings.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, callOperation } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import {
  subjectMappingCreate,
  subjectMappingDelete,
  subjectMappingGet,
  subjectMappingList,
} from '../subject-mapping/subject-mapping.operations.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import {
  trustedIssuerCreate,
  trustedIssuerDelete,
  trustedIssuerGet,
  trustedIssuerList,
  trustedIssuerUpdate,
} from './trusted-issuer.operations.ts'

const ISSUER = 'https://idp.example.com'

for (const dialect of DIALECTS) {
  describe(`trusted issuers on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    test('an issuer is trusted once, changed, and removed with its mappings', async () => {
      const context = services.contextFor()
      const made = await callOperation(trustedIssuerCreate, context, { name: 'Company', issuer: ISSUER })
      assert.deepEqual(
        [made.accepts, made.subjectSource, made.maxLifetime, made.policies, made.enabled],
        [['id_jag'], 'mapping', 300, [], true],
      )
      await assert.rejects(
        runOperation(trustedIssuerCreate, context, { name: 'Again', issuer: ISSUER }),
        failure('already_exists'),
      )
      const known = async () =>
        (await services.registry.trustedIssuers(services.tenantId, services.realm.id)).get(ISSUER)?.enabled
      assert.equal(await known(), true)
      const changed = await callOperation(trustedIssuerUpdate, context, { id: made.id, enabled: false })
      assert.deepEqual([changed.enabled, changed.version, await known()], [false, 2, false])
      const { id: userId } = await callOperation(userCreate, context, { email: 'mapped@example.com' })
      const mapping = { trustedIssuerId: made.id, subject: '00u1', userId }
      const { id } = await callOperation(subjectMappingCreate, context, mapping)
      await assert.rejects(runOperation(subjectMappingCreate, context, mapping), failure('already_exists'))
      const list = async () =>
        (await callOperation(subjectMappingList, context, { trustedIssuerId: made.id })).data.map((each) => each.id)
      assert.deepEqual(await list(), [id])
      await callOperation(trustedIssuerDelete, context, { id: made.id })
      assert.deepEqual([await list(), await known()], [[], undefined])
      assert.deepEqual((await callOperation(trustedIssuerList, context)).data, [])
      await callOperation(trustedIssuerCreate, context, { name: 'Anew', issuer: ISSUER })
    })

    test('only issuers that can be asked, with policies about what there is, are trusted', async () => {
      const context = services.contextFor()
      const refused = (input: object, code: Parameters<typeof failure>[0]) =>
        assert.rejects(
          runOperation(trustedIssuerCreate, context, { name: 'X', issuer: 'https://x.example', ...input }),
          failure(code),
        )
      for (const issuer of ['http://x.example', 'https://x.example?a', 'x']) await refused({ issuer }, 'invalid_input')
      await refused({ maxLifetime: 100_000 }, 'invalid_input')
      await refused({ accepts: [] }, 'invalid_input')
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
      const open = { keys: [await exportJWK(publicKey)] }
      await refused({ jwks: open, jwksUri: 'https://x.example/keys' }, 'invalid_input')
      await refused({ jwks: { keys: [await exportJWK(privateKey)] } }, 'invalid_input')
      await refused({ policies: [{ name: 'P', clients: [services.random.id()] }] }, 'not_found')
      await refused({ policies: [{ name: 'P', resources: ['https://unknown.example/'] }] }, 'invalid_target')
      const { id } = await callOperation(trustedIssuerCreate, context, {
        ...{ name: 'Pinned', issuer: 'https://10.0.0.1', jwks: open },
      })
      await callOperation(trustedIssuerDelete, context, { id })
    })

    test('a mapping goes with its user, and those of other realms and tenants are unknown', async () => {
      const context = services.contextFor()
      const trust = await callOperation(trustedIssuerCreate, context, { name: 'C', issuer: 'https://c.example' })
      const { id: userId } = await callOperation(userCreate, context, { email: 'other@example.com' })
      const mapping = { trustedIssuerId: trust.id, subject: 's', userId }
      const { id } = await callOperation(subjectMappingCreate, context, mapping)
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const other of [sibling, stranger]) {
        for (const operation of [trustedIssuerGet, trustedIssuerDelete, trustedIssuerUpdate])
          await assert.rejects(callOperation(operation, other, { id: trust.id }), failure('not_found'))
        for (const operation of [subjectMappingGet, subjectMappingDelete])
          await assert.rejects(callOperation(operation, other, { id }), failure('not_found'))
        await assert.rejects(
          callOperation(subjectMappingCreate, other, { ...mapping, subject: 't' }),
          failure('not_found'),
        )
        assert.deepEqual((await callOperation(subjectMappingList, other)).data, [])
      }
      await callOperation(userDelete, context, { id: userId })
      await assert.rejects(callOperation(subjectMappingGet, context, { id }), failure('not_found'))
    })
  })
}
