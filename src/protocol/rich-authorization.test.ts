// Checks rich authorization requests (RFC 9396): what is shown, granted, narrowed and refused.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientUpdate } from '#domain/client/client.operations.ts'
import { delegationGrantCreate } from '#domain/delegation-grant/delegation-grant.operations.ts'
import { resourceCreate, resourceUpdate } from '#domain/resource/resource.operations.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { comeToDevice } from '#testing/device.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { askForToken, basic, codeFor, exchangeCode, introspect, postForm, refreshWith } from '#testing/token-client.ts'

const BANK = 'https://bank.example.com/api'
const SCHEMA = {
  $defs: {
    money: {
      type: 'object',
      required: ['currency', 'amount'],
      additionalProperties: false,
      properties: {
        currency: { type: 'string', pattern: '^[A-Z]{3}$' },
        amount: { title: 'Amount', type: 'string', pattern: '^[0-9]{1,9}$' },
      },
    },
  },
  type: 'object',
  required: ['instructedAmount', 'creditorName'],
  properties: {
    instructedAmount: { $ref: '#/$defs/money' },
    creditorName: { title: 'Paid to', type: 'string', maxLength: 70 },
  },
}
const PAYMENT_TYPE = {
  type: 'payment_initiation',
  title: 'Pay from your account',
  description: 'The payment is made once.',
  actions: [
    { name: 'initiate', description: 'Start the payment' },
    { name: 'cancel', description: 'Cancel the payment before it is made' },
  ],
  schema: SCHEMA,
}
const PAYMENT = {
  type: 'payment_initiation',
  actions: ['initiate', 'cancel'],
  instructedAmount: { currency: 'EUR', amount: '120' },
  creditorName: 'Merchant A',
}

let fixture: AuthorizationFixture
let bankId: string
let client: Awaited<ReturnType<AuthorizationFixture['makeClient']>>
before(async () => {
  fixture = await openAuthorizationFixture()
  const bank = await callOperation(resourceCreate, fixture.services.contextFor(), {
    identifier: BANK,
    name: 'Bank',
    authorizationDetailsTypes: [PAYMENT_TYPE, { type: 'account_information', title: 'See your accounts' }],
  })
  bankId = bank.id
  client = await fixture.makeClient({
    audiences: [BANK],
    authorizationDetailsTypes: ['payment_initiation'],
    grantTypes: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
  })
})
after(() => fixture.close())

const detailsOf = (...details: unknown[]) => ({ resource: BANK, authorization_details: JSON.stringify(details) })
const asked = (...details: unknown[]) => fixture.request({ client_id: client.clientId, ...detailsOf(...details) })
const claimsOf = (token: unknown) =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

test('details are shown in words, and are in the token response, the access token and introspection', async () => {
  const browser = fixture.newBrowser()
  const signIn = await browser.follow(await browser.get('/oauth/authorize', asked(PAYMENT)))
  const page = await browser.submit(signIn, { email: fixture.ada.email, password: PASSWORD })
  for (const words of [
    'Pay from your account',
    'The payment is made once.',
    'Start the payment',
    'Cancel the payment before it is made',
    'Paid to',
    'Merchant A',
    'instructed amount, Amount',
    '120',
    'instructed amount, currency',
    'EUR',
  ]) {
    assert.ok(page.text.includes(words), words)
  }
  const { code = '' } = answerOf(await browser.submit(page, { decision: 'allow' }))
  const { status, body } = await exchangeCode(fixture, client, code)
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body.authorization_details, [PAYMENT])
  assert.deepEqual(claimsOf(body.access_token).authorization_details, [PAYMENT])
  assert.deepEqual((await introspect(fixture, client, String(body.access_token))).authorization_details, [PAYMENT])

  const again = answerOf(await fixture.newBrowser().follow(await browser.get('/oauth/authorize', asked(PAYMENT))))
  assert.ok(again.code, 'the same details were consented to')
  const other = { ...PAYMENT, instructedAmount: { currency: 'EUR', amount: '1200' } }
  const changed = await browser.follow(await browser.get('/oauth/authorize', asked(other)))
  assert.match(changed.text, /1200/)
  assert.match(changed.text, /value="allow"/)
})

test('a token request narrows what was granted, and gets no more', async () => {
  const code = await codeFor(fixture, client, detailsOf(PAYMENT))
  const less = { ...PAYMENT, actions: ['initiate'] }
  const { body } = await exchangeCode(fixture, client, code, { authorization_details: JSON.stringify([less]) })
  assert.deepEqual(body.authorization_details, [less], JSON.stringify(body))

  const refreshed = await refreshWith(fixture, client, String(body.refresh_token))
  assert.deepEqual(refreshed.body.authorization_details, [PAYMENT], 'what was granted')
  const token = String(refreshed.body.refresh_token)
  for (const more of [
    { ...PAYMENT, instructedAmount: { currency: 'EUR', amount: '121' } },
    { ...PAYMENT, creditorName: 'Merchant B' },
    { type: 'payment_initiation', actions: ['initiate'], instructedAmount: PAYMENT.instructedAmount },
    { ...PAYMENT, remittance: 'x' },
    { type: 'account_information' },
  ]) {
    const refused = await refreshWith(fixture, client, token, { authorization_details: JSON.stringify([more]) })
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_authorization_details'], JSON.stringify(more))
  }
  const narrowed = await refreshWith(fixture, client, token, { authorization_details: JSON.stringify([less]) })
  assert.deepEqual(narrowed.body.authorization_details, [less], JSON.stringify(narrowed.body))
})

test('a client that may not have a type gets no details of it by exchanging or refreshing a token', async () => {
  const context = fixture.services.contextFor()
  const exchanging = await fixture.makeClient({
    label: 'Exchanges',
    audiences: [BANK],
    authorizationDetailsTypes: ['account_information'],
    grantTypes: ['client_credentials'],
    tokenExchangeAllowed: true,
  })
  const owner = await fixture.makeClient({
    label: 'Owner',
    audiences: [BANK],
    authorizationDetailsTypes: ['payment_initiation'],
    grantTypes: ['authorization_code', 'refresh_token'],
  })
  const { body } = await exchangeCode(fixture, owner, await codeFor(fixture, owner, detailsOf(PAYMENT)))
  const exchange = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: String(body.access_token),
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }
  const exchanged = await askForToken(fixture, exchanging, exchange)
  assert.equal(exchanged.status, 200, JSON.stringify(exchanged.body))
  assert.equal(exchanged.body.authorization_details, undefined)
  assert.equal(claimsOf(exchanged.body.access_token).authorization_details, undefined)

  await callOperation(clientUpdate, context, { id: exchanging.id, authorizationDetailsTypes: ['payment_initiation'] })
  const allowed = await askForToken(fixture, exchanging, exchange)
  assert.deepEqual(allowed.body.authorization_details, [PAYMENT], 'the type that it may have')

  const acting = await fixture.makeClient({ audiences: [BANK], authorizationDetailsTypes: ['payment_initiation'] })
  const parties = { fromUserId: fixture.ada.id, toClientId: acting.id }
  await callOperation(delegationGrantCreate, context, parties)
  assert.deepEqual((await askForToken(fixture, acting, exchange)).body.authorization_details, [PAYMENT])
  await callOperation(delegationGrantCreate, context, { ...parties, scopes: ['orders:read'] })
  const limited = await askForToken(fixture, acting, exchange)
  assert.deepEqual([limited.status, limited.body.authorization_details], [200, undefined], 'a grant of scopes only')

  await callOperation(clientUpdate, context, { id: owner.id, authorizationDetailsTypes: [] })
  const refreshed = await refreshWith(fixture, owner, String(body.refresh_token))
  assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body))
  assert.equal(claimsOf(refreshed.body.access_token).authorization_details, undefined)
})

test('details that cannot be granted are refused at authorization, when they are pushed, and to devices', async () => {
  const deep = JSON.parse(`${'{"a":'.repeat(10)}1${'}'.repeat(10)}`)
  for (const [details, message] of [
    ['{', /JSON array/],
    ['{}', /JSON array/],
    ['[]', /JSON array/],
    ['[1]', /JSON array/],
    [JSON.stringify([{}]), /needs a type/],
    [JSON.stringify([{ type: 'unknown' }]), /No requested resource/],
    [JSON.stringify([{ type: 'account_information' }]), /The client cannot ask/],
    [JSON.stringify([{ ...PAYMENT, actions: ['erase'] }]), /actions must be a list of initiate, cancel/],
    [JSON.stringify([{ ...PAYMENT, actions: undefined }]), /actions must be/],
    [JSON.stringify([{ ...PAYMENT, locations: ['https://other.example.com/'] }]), /locations must be/],
    [JSON.stringify([{ ...PAYMENT, creditorName: 7 }]), /creditorName must be string/],
    [JSON.stringify([{ ...PAYMENT, instructedAmount: { currency: 'eur', amount: '1' } }]), /instructedAmount.currency/],
    [JSON.stringify([{ ...PAYMENT, deep }]), /levels/],
    [JSON.stringify([{ ...PAYMENT, long: 'x'.repeat(4096) }]), /longer than/],
    [JSON.stringify([{ ...PAYMENT, many: Array.from({ length: 200 }, () => 1) }]), /more than 100 values/],
    [JSON.stringify(Array.from({ length: 11 }, () => PAYMENT)), /1 to 10/],
  ] as const) {
    const request = fixture.request({ client_id: client.clientId, resource: BANK, authorization_details: details })
    const answer = answerOf(await fixture.newBrowser().get('/oauth/authorize', request))
    assert.equal(answer.error, 'invalid_authorization_details', details.slice(0, 100))
    assert.match(String(answer.error_description), message)
    const pushed = await postForm(fixture, '/oauth/par', request, basic(client))
    assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_authorization_details'])
    const fields = { resource: BANK, authorization_details: details }
    const device = await postForm(fixture, '/oauth/device_authorization', fields, basic(client))
    assert.deepEqual([device.status, device.body.error], [400, 'invalid_authorization_details'])
  }
  const noResource = fixture.request({ client_id: client.clientId, authorization_details: JSON.stringify([PAYMENT]) })
  assert.equal(
    answerOf(await fixture.newBrowser().get('/oauth/authorize', noResource)).error,
    'invalid_authorization_details',
  )
})

test('a program asks for details for itself', async () => {
  const fields = { grant_type: 'client_credentials', ...detailsOf(PAYMENT) }
  const { status, body } = await askForToken(fixture, client, fields)
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(claimsOf(body.access_token).authorization_details, [PAYMENT])
  const refused = await askForToken(fixture, client, {
    grant_type: 'client_credentials',
    ...detailsOf({ type: 'account_information' }),
  })
  assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_authorization_details'])
  const without = await askForToken(fixture, client, { grant_type: 'client_credentials' })
  assert.equal(claimsOf(without.body.access_token).authorization_details, undefined)
})

test('a device asks for details, and the person sees them', async () => {
  const started = await postForm(fixture, '/oauth/device_authorization', detailsOf(PAYMENT), basic(client))
  assert.equal(started.status, 200, JSON.stringify(started.body))
  const browser = fixture.newBrowser()
  const page = await comeToDevice(browser, String(started.body.user_code))
  assert.match(page.text, /Pay from your account[\s\S]*Start the payment[\s\S]*Merchant A/)
  await browser.submit(page, { decision: 'allow' })
  fixture.services.clock.advance(6000)
  const { body } = await askForToken(fixture, client, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: String(started.body.device_code),
  })
  assert.deepEqual(body.authorization_details, [PAYMENT], JSON.stringify(body))
})

test('the metadata names the types of active resources', async () => {
  const { text } = await fixture.newBrowser().get('/.well-known/openid-configuration')
  assert.deepEqual(JSON.parse(text).authorization_details_types_supported, [
    'payment_initiation',
    'account_information',
  ])
})

test('a schema that refers elsewhere, to itself, or that could be slow is refused when it is declared', async () => {
  const context = fixture.services.contextFor()
  const nested = (depth: number): object => (depth === 0 ? {} : { properties: { a: nested(depth - 1) } })
  for (const [schema, message] of [
    [{ $ref: 'https://evil.example/schema.json' }, /\$ref refers to a part of the schema itself/],
    [{ $ref: '#/$defs/none' }, /there is no #\/\$defs\/none/],
    [{ $defs: { a: { properties: { a: { $ref: '#/$defs/a' } } } }, $ref: '#/$defs/a' }, /refers to itself/],
    [{ properties: { a: { pattern: '^(a+)+$' } } }, /a pattern begins with/],
    [{ properties: { a: { pattern: '^a*a*b$' } } }, /a pattern begins with/],
    [{ patternProperties: { '^a': {} } }, /patternProperties is not supported/],
    [{ type: 'nothing' }, /type/],
    [{ unknownKeyword: true }, /unknown keyword/],
    [{ $id: 'https://bank.example.com/schema' }, /\$id is not supported/],
  ] as const) {
    const types = [{ ...PAYMENT_TYPE, schema }]
    const update = callOperation(resourceUpdate, context, { id: bankId, authorizationDetailsTypes: types })
    await assert.rejects(update, (error: Error & { code: string }) => {
      assert.equal(error.code, 'invalid_input')
      assert.match(error.message, message)
      return true
    })
  }
  const tooDeep = [{ ...PAYMENT_TYPE, schema: nested(13) }]
  await assert.rejects(callOperation(resourceUpdate, context, { id: bankId, authorizationDetailsTypes: tooDeep }), {
    code: 'invalid_input',
  })
})

test('a pushed request carries details', async () => {
  const request = asked(PAYMENT)
  const pushed = await postForm(fixture, '/oauth/par', request, basic(client))
  const query = { client_id: client.clientId, request_uri: String(pushed.body.request_uri) }
  const { code = '' } = answerOf(await authorizeInBrowser(fixture.newBrowser(), query))
  const { body } = await exchangeCode(fixture, client, code)
  assert.deepEqual(body.authorization_details, [PAYMENT])
})
