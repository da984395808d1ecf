// Checks the spellings of resource indicators.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { resourceCreate } from '#domain/resource/resource.operations.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { askForToken, exchangeCode } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

test('http://host and http://host/ are one resource at both endpoints, and aud has the registered spelling (RFC 3986 §6.2.3)', async () => {
  for (const registered of ['http://bare.example', 'http://slash.example/']) {
    const scope = `${new URL(registered).hostname}:read`
    await callOperation(resourceCreate, fixture.services.contextFor(), {
      identifier: registered,
      name: registered,
      scopes: [{ name: scope, description: 'Read' }],
    })
    const client = await fixture.makeClient({
      firstParty: true,
      grantTypes: ['authorization_code', 'client_credentials'],
      scopes: ['openid', scope],
      audiences: [registered],
    })
    for (const resource of ['http://bare.example', 'http://slash.example'].flatMap((host) => [host, `${host}/`])) {
      const isOurs = new URL(resource).host === new URL(registered).host
      const { body } = await askForToken(fixture, client, { grant_type: 'client_credentials', resource, scope })
      if (!isOurs) {
        assert.equal(body.error, 'invalid_target', resource)
        continue
      }
      assert.equal(decodeJwt(String(body.access_token)).aud, registered, resource)
      const request = fixture.request({ client_id: client.clientId, resource, scope: `openid ${scope}` })
      const { code = '' } = answerOf(await authorizeInBrowser(fixture.newBrowser(), request))
      const exchanged = await exchangeCode(fixture, client, code, { resource })
      const aud = [decodeJwt(String(exchanged.body.access_token)).aud].flat()
      assert.ok(aud.includes(registered), `${resource}: ${aud}`)
      assert.ok(!aud.some((one) => one !== registered && one?.startsWith(new URL(resource).origin)), String(aud))
    }
  }
})

test('of a resource with a path, the slash at the end counts', async () => {
  const context = fixture.services.contextFor()
  const identifier = 'http://path.example/mcp'
  await callOperation(resourceCreate, context, { identifier, name: 'MCP', scopes: [] })
  const client = await fixture.makeClient({ grantTypes: ['client_credentials'], scopes: [], audiences: [identifier] })
  const ask = (resource: string) => askForToken(fixture, client, { grant_type: 'client_credentials', resource })
  assert.equal(decodeJwt(String((await ask(identifier)).body.access_token)).aud, identifier)
  assert.equal((await ask(`${identifier}/`)).body.error, 'invalid_target')
})
