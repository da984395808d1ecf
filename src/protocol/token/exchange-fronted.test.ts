// Checks exchanges by fronting links: who can make them, and what they give.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import {
  frontingLinkCreate,
  frontingLinkDelete,
  frontingLinkUpdate,
} from '#domain/fronting-link/fronting-link.operations.ts'
import { resourceCreate, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type Answer, askForToken, type Credentials } from '#testing/token-client.ts'
import { exchangeToken } from '#testing/token-exchange.ts'

const GATEWAY = 'https://gateway.example/'
const NOTES = 'https://notes.example/'
const VAULT = 'https://vault.example/'

let fixture: AuthorizationFixture
let gateway: Credentials & { readonly id: string }
let user: Credentials
let ids: Readonly<Record<string, string>>
const context = () => fixture.services.contextFor()
const scopes = (...names: string[]) => names.map((name) => ({ name, description: name }))

before(async () => {
  fixture = await openAuthorizationFixture()
  const grantTypes = ['client_credentials']
  const of = ['gateway:use', 'gateway:admin', 'notes:read', 'notes:write', 'vault:open']
  gateway = await fixture.makeClient({ grantTypes, audiences: ['*'], scopes: of })
  user = await fixture.makeClient({ grantTypes, audiences: ['*'], scopes: of })
  const make = async (identifier: string, slug: string, more: object) =>
    (await callOperation(resourceCreate, context(), { identifier, slug, ...more })).id
  ids = {
    gateway: await make(GATEWAY, 'gateway', {
      scopes: scopes('gateway:use', 'gateway:admin'),
      runtimeClients: [gateway.id],
    }),
    notes: await make(NOTES, 'notes', { scopes: scopes('notes:read', 'notes:write') }),
    vault: await make(VAULT, 'vault', { scopes: scopes('vault:open') }),
  }
  await callOperation(frontingLinkCreate, context(), {
    ...LINK,
    scopeMap: { 'gateway:use': ['notes:read'], 'gateway:admin': ['notes:read', 'notes:write'] },
  })
})
after(() => fixture.close())

const LINK = { source: 'gateway', target: 'notes' }
const refusal = ({ status, body }: Answer) => [status, body.error]
const tokenOf = ({ status, body }: Answer) => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}
/** What a client gets for itself at a resource, with scopes. */
const ask = async (client: Credentials, resource: string, scope: string) =>
  tokenOf(await askForToken(fixture, client, { grant_type: 'client_credentials', resource, scope }))

test('a gateway gets what the scopes of the token are mapped to, and is named in act', async () => {
  const token = await ask(user, GATEWAY, 'gateway:use')
  const answer = await exchangeToken(fixture, gateway, token, { resource: NOTES })
  const claims = decodeJwt(tokenOf(answer))
  assert.deepEqual([claims.aud, claims.scope, claims.client_id], [NOTES, 'notes:read', gateway.clientId])
  assert.deepEqual(claims.act, { sub: gateway.clientId })
  assert.equal(claims.sub, user.clientId)
  const admin = await ask(user, GATEWAY, 'gateway:admin')
  const more = await exchangeToken(fixture, gateway, admin, { resource: 'notes' })
  assert.equal(more.body.scope, 'notes:read notes:write')
  const less = await exchangeToken(fixture, gateway, admin, { resource: NOTES, scope: 'notes:write' })
  assert.equal(less.body.scope, 'notes:write')
})

test('no scope comes through the link that is not mapped, and no resource that is not linked', async () => {
  const token = await ask(user, GATEWAY, 'gateway:use')
  const write = await exchangeToken(fixture, gateway, token, { resource: NOTES, scope: 'notes:write' })
  assert.deepEqual(refusal(write), [400, 'invalid_scope'])
  const vault = await exchangeToken(fixture, gateway, token, { resource: VAULT })
  assert.equal(vault.status, 400)
  assert.ok(['invalid_target', 'unauthorized_client'].includes(String(vault.body.error)), JSON.stringify(vault.body))
  // The link leads one way.
  const notes = await ask(user, NOTES, 'notes:read')
  assert.equal((await exchangeToken(fixture, gateway, notes, { resource: GATEWAY })).status, 400)
})

test('only the gateway can use the link: the source itself, or whom the target names', async () => {
  const token = await ask(user, GATEWAY, 'gateway:use')
  const other = await fixture.makeClient({ audiences: ['*'], scopes: ['notes:read'], tokenExchangeAllowed: true })
  const by = () => exchangeToken(fixture, other, token, { resource: NOTES })
  assert.deepEqual(refusal(await by()), [400, 'invalid_target'])
  await callOperation(resourceUpdate, context(), { id: ids.notes, exchangeClients: [other.id] })
  assert.equal(decodeJwt(tokenOf(await by())).scope, 'notes:read')
  await callOperation(resourceUpdate, context(), { id: ids.notes, exchangeClients: [] })
  assert.deepEqual(refusal(await by()), [400, 'invalid_target'])
  // A client without the scopes of the target gets nothing there.
  const poor = await fixture.makeClient({ audiences: ['*'], scopes: ['gateway:use'] })
  await callOperation(resourceUpdate, context(), { id: ids.gateway, runtimeClients: [gateway.id, poor.id] })
  assert.deepEqual(refusal(await exchangeToken(fixture, poor, token, { resource: NOTES })), [400, 'invalid_scope'])
})

test('what came through one link goes through the next, within the depth', async () => {
  await callOperation(resourceUpdate, context(), { id: ids.notes, runtimeClients: [gateway.id] })
  const next = { source: 'notes', target: 'vault', scopeMap: { 'notes:write': ['vault:open'] } }
  await callOperation(frontingLinkCreate, context(), next)
  const exchanged = async (scope: string) =>
    tokenOf(await exchangeToken(fixture, gateway, await ask(user, GATEWAY, scope), { resource: NOTES }))
  const open = await exchangeToken(fixture, gateway, await exchanged('gateway:admin'), { resource: VAULT })
  assert.equal(open.body.scope, 'vault:open')
  const closed = await exchangeToken(fixture, gateway, await exchanged('gateway:use'), { resource: VAULT })
  assert.deepEqual(refusal(closed), [400, 'invalid_scope'])
})

test('a suspended source, a changed map and a removed link are in force at once', async () => {
  const token = await ask(user, GATEWAY, 'gateway:use')
  const by = () => exchangeToken(fixture, gateway, token, { resource: NOTES })
  await callOperation(resourceUpdate, context(), { id: ids.gateway, status: 'suspended' })
  assert.equal((await by()).status, 400)
  await callOperation(resourceUpdate, context(), { id: ids.gateway, status: 'active' })
  assert.equal((await by()).status, 200)
  await callOperation(frontingLinkUpdate, context(), { ...LINK, scopeMap: { 'gateway:admin': ['notes:read'] } })
  assert.deepEqual(refusal(await by()), [400, 'invalid_scope'])
  await callOperation(frontingLinkDelete, context(), LINK)
  assert.equal((await by()).status, 400)
})
