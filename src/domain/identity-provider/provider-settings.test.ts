// Checks what presets and metadata fill in for a new provider.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exportPKCS8, generateKeyPair } from 'jose'
import { createNetwork } from '#outside/network.ts'
import { startExternalProvider, type TestProvider } from '#testing/external-provider.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { identityProviderCreate, identityProviderUpdate } from './identity-provider.operations.ts'
import { PRESET_NAMES } from './preset-names.ts'
import { PRESETS } from './presets.ts'
import { readSamlMetadata } from './saml-metadata.ts'

let services: TestServices
let idp: TestProvider
before(async () => {
  idp = await startExternalProvider()
  const { checkUrl, fetchJson } = createNetwork({ allowLoopback: true })
  services = await openTestServices({ network: { checkUrl, fetchJson } })
})
after(async () => {
  await services.close()
  await idp.stop()
})

const create = (given: object) =>
  runOperation(identityProviderCreate, services.contextFor(), {
    ...{ providerType: 'oidc', name: 'Provider', clientId: 'here', clientSecret: 'a secret' },
    ...given,
  })

const privateKey = async () => exportPKCS8((await generateKeyPair('ES256', { extractable: true })).privateKey)

test('a preset needs nothing but the client, and what is given goes before it', async () => {
  for (const preset of PRESET_NAMES) {
    const { type, settings } = PRESETS[preset]
    const signer = preset === 'apple' && { teamId: 'TEAM', keyId: 'KEY', clientSecret: await privateKey() }
    const made = await create({ preset, providerType: type, ...signer })
    assert.deepEqual({ ...made, ...settings }, made, preset)
    assert.equal(made.preset, preset)
    const other = type === 'oidc' ? 'oauth2' : 'oidc'
    await assert.rejects(create({ preset, providerType: other, ...signer }), failure('invalid_input'))
  }
  assert.deepEqual((await create({ preset: 'google', scopes: ['openid'] })).scopes, ['openid'])
  await assert.rejects(create({ preset: 'myspace' }), failure('invalid_input'))
})

test('an issuer alone is enough, if its metadata is its own', async () => {
  const { issuer } = idp
  const made = await create({ issuer })
  assert.deepEqual(
    [made.authorizationEndpoint, made.tokenEndpoint, made.jwksUri, made.userinfoEndpoint, made.issParameter],
    [`${issuer}/authorize`, `${issuer}/token`, `${issuer}/jwks`, `${issuer}/userinfo`, true],
  )
  const own = await create({ issuer, preset: 'microsoft' })
  assert.deepEqual([own.tokenEndpoint, own.emailVerifiedClaim], [`${issuer}/token`, 'xms_edov'])
  for (const other of [`${issuer}/`, issuer.replace('127.0.0.1', 'localhost'), `${issuer}/none`, 'https://10.0.0.1']) {
    await assert.rejects(create({ issuer: other }), failure('unreachable_host'), other)
  }
  await assert.rejects(create({ issuer, tokenEndpoint: `${issuer}/token` }), failure('invalid_input'))
})

test('only Microsoft has a place for the organization in its issuer, and OpenID Connect needs its scope', async () => {
  const { id } = await create({ issuer: idp.issuer })
  const update = (change: object) => runOperation(identityProviderUpdate, services.contextFor(), { id, ...change })
  await assert.rejects(update({ issuer: 'https://login.example.com/{tenantid}/v2.0' }), failure('invalid_input'))
  await assert.rejects(update({ scopes: ['email'] }), failure('invalid_input'))
  await assert.rejects(update({ preset: 'google' }), failure('invalid_input'))
  const hub = await create({ preset: 'github', providerType: 'oauth2' })
  const change = { id: hub.id, userinfoEndpoint: null }
  await assert.rejects(runOperation(identityProviderUpdate, services.contextFor(), change), failure('invalid_input'))
})

test('comments in metadata are skipped in one pass', async () => {
  const read = (text: string) => readSamlMetadata(services.contextFor(), text)
  const plain = 'The metadata is not plain XML.'
  await assert.rejects(read('<!--'.repeat(262_144)), { message: plain })
  await assert.rejects(read('<a/><!-- - -- <b> --'), { message: plain })
  const empty = 'The metadata does not describe exactly one identity provider of SAML 2.0.'
  await assert.rejects(read('<!-- a --><a><!--><!-- b --></a><!-- c -->'), { message: empty })
})
