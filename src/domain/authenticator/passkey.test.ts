// Checks how passkeys are added: what a browser has to answer, and who may.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { anotherRealm, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { setUpPasskey } from '#testing/passkey.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { coseOf, type Model, SoftwareAuthenticator, type Twist } from '#testing/software-authenticator.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import type { User } from '../user/user.ts'
import { listAuthenticators } from './authenticator.service.ts'
import { addPasskey, partyOf } from './passkey.service.ts'
import { beginCeremony, CHALLENGE_LIFETIME, readCeremony } from './passkey-ceremony.ts'
import { relyingPartyOf } from './relying-party.ts'

const ORIGIN = 'https://id.example.com'

let services: TestServices
let count = 0

before(async () => {
  services = await openTestServices()
  realm = { ...services.realm, passkeyEnabled: true }
})
after(() => services.close())

let realm: TestServices['realm']

const contextAt = (now = realm) => services.contextFor({ realm: now })

async function person(): Promise<User> {
  const email = `person-${++count}@example.com`
  const { id } = await callOperation(userCreate, contextAt(), { email, password: 'a long enough one' })
  const user = await contextAt().read.users.find(realm.directoryId, id)
  assert.ok(user)
  return user
}

const refused = (code: string) => ({ code })
const in2 = (user: User) => ({ user, session: { aal: 2 } })

async function refuses(twist: Twist, model?: Model): Promise<void> {
  const user = await person()
  await assert.rejects(setUpPasskey(contextAt(), user, { twist, ...(model && { model }) }), refused('invalid_request'))
  assert.deepEqual(await contextAt().read.authenticators.allOf(user.id), [])
}

test('passkeys of every algorithm are added, counted and shown without their ids and keys', async () => {
  const user = await person()
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { passkey } = await setUpPasskey(contextAt(), user, { model: { algorithm, synced: algorithm !== 'ES256' } })
    const events = await eventsAbout(contextAt(), passkey.id)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['authenticator.added'],
    )
  }
  assert.equal((await contextAt().read.users.find(realm.directoryId, user.id))?.secondFactors, 3)
  const { data } = await listAuthenticators(contextAt(), { id: user.id, limit: 10 } as never)
  assert.deepEqual(
    data.map(({ kind, name }) => [kind, name]),
    [
      ['passkey', 'Bitwarden'],
      ['recovery_code', 'Recovery codes'],
      ['passkey', 'Bitwarden'],
      ['passkey', 'Bitwarden'],
    ],
  )
  assert.deepEqual(
    data.flatMap(({ passkey: one }) => (one ? [[one.rpId, one.provider, one.backupEligible, one.backedUp]] : [])),
    [
      ['id.example.com', 'Bitwarden', false, false],
      ['id.example.com', 'Bitwarden', true, true],
      ['id.example.com', 'Bitwarden', true, true],
    ],
  )
  const [stored] = await contextAt().read.authenticators.allOf(user.id)
  assert.ok(stored?.credential)
  assert.ok(!JSON.stringify(data).includes(stored.credential.id) && !JSON.stringify(data).includes(stored.secret))
  await callOperation(userDelete, contextAt(), { id: user.id })
  assert.deepEqual(await contextAt().read.authenticators.allOf(user.id), [])
})

test('WA-01 a challenge works once, for five minutes, in one browser, for one user and one purpose', async () => {
  const [ada, eve] = [await person(), await person()]
  const context = contextAt()
  const authenticator = new SoftwareAuthenticator(ORIGIN)
  const begin = (of = ada) =>
    beginCeremony(context, { purpose: 'enrolment', userId: of.id, request: null }, 'a browser')
  const read = ({ id }: { id: string }, browser = 'a browser') =>
    readCeremony(context, id, browser, { purpose: 'enrolment', request: null })
  const answer = ({ challenge }: { challenge: string }, user = ada) =>
    authenticator.create({ challenge, user: { id: Buffer.from(user.id).toString('base64url') } })

  const first = begin()
  assert.throws(() => read(first, 'another browser'), refused('forbidden'))
  assert.throws(
    () => readCeremony(context, first.id, 'a browser', { purpose: 'sign_in', request: null }),
    refused('expired'),
  )
  assert.throws(
    () => readCeremony(context, undefined, 'a browser', { purpose: 'sign_in', request: null }),
    refused('expired'),
  )
  await assert.rejects(addPasskey(context, in2(eve), read(first), answer(first)), refused('forbidden'))
  // A wrong answer uses the challenge up, so that a right one comes too late.
  await assert.rejects(addPasskey(context, in2(ada), read(first), answer(begin())), refused('invalid_request'))
  await assert.rejects(addPasskey(context, in2(ada), read(first), answer(first)), refused('expired'))
  const second = begin()
  const both = await Promise.allSettled([1, 2].map(() => addPasskey(context, in2(ada), read(second), answer(second))))
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const third = begin()
  services.clock.advance(CHALLENGE_LIFETIME)
  assert.throws(() => read(third), refused('expired'))
})

test('WA-02 only the exact origin of the realm counts', async () => {
  for (const origin of [
    'https://evil.example',
    'https://login.id.example.com',
    'https://example.com',
    'http://id.example.com',
    'https://id.example.com:8443',
    'https://id.example.com.',
    'https://id.example.com.evil.example',
    'null',
  ]) {
    await refuses({ origin })
  }
})

test('WA-03 only the RP id of the realm counts', async () => {
  for (const rpId of ['evil.example', 'example.com', 'login.id.example.com']) await refuses({ rpId })
})

test('WA-04 a credential is made by webauthn.create', () => refuses({ type: 'webauthn.get' }))

test('WA-08 one credential belongs to one user of a directory', async () => {
  const [ada, eve] = [await person(), await person()]
  const { authenticator, passkey } = await setUpPasskey(contextAt(), ada)
  for (const user of [eve, ada]) {
    await assert.rejects(
      setUpPasskey(contextAt(), user, { twist: { id: authenticator.id } }),
      refused('already_exists'),
    )
  }
  assert.equal((await contextAt().read.authenticators.allOf(ada.id))[0]?.id, passkey.id)
  assert.deepEqual(await contextAt().read.authenticators.allOf(eve.id), [])
})

test('WA-09 weak, broken and oversized credentials are refused', async () => {
  const ec = coseOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
  await refuses({}, { algorithm: 'RS256', modulusLength: 1024 })
  await refuses({ coseKey: new Map([...ec, [3, -35]]) })
  await refuses({ coseKey: new Map([...ec, [-1, 2]]) })
  await refuses({ coseKey: new Map([...ec, [-3, new Uint8Array(32).fill(1)]]) })
  await refuses({ coseKey: new Map([[1, 2]]) })
  await refuses({ trailing: new Uint8Array(1) })
  await refuses({ flags: 1 })
  await refuses({ flags: 4 })
  await refuses({ flags: 1 | 4 | 16 })
  await refuses({ id: Buffer.alloc(1024).toString('base64url') })
  const user = await person()
  const context = contextAt()
  const garbage = ['', '{', 'null', '[]', '{"id":1}', JSON.stringify({ id: 'a', rawId: 'a', type: 'public-key' })]
  const deep = Buffer.alloc(6000, 0x81).toString('base64url')
  const object = (attestationObject: string) =>
    JSON.stringify({ id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: 'e30', attestationObject } })
  for (const answer of [...garbage, object(deep), object('A'.repeat(1_000_000))]) {
    const { id } = beginCeremony(context, { purpose: 'enrolment', userId: user.id, request: null }, 'a browser')
    const ceremony = readCeremony(context, id, 'a browser', { purpose: 'enrolment', request: null })
    await assert.rejects(
      addPasskey(context, in2(user), ceremony, answer),
      refused('invalid_request'),
      answer.slice(0, 40),
    )
  }
})

test('WA-12 a page inside a page of somebody else is refused', async () => {
  await refuses({ clientData: { crossOrigin: true } })
  await refuses({ clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } })
  await refuses({ clientData: { topOrigin: ORIGIN } })
})

test('an attestation is not looked at, so that nothing follows the addresses in it', async () => {
  const attStmt = new Map<string, unknown>([['x5c', [new Uint8Array(3)]]])
  const { passkey } = await setUpPasskey(contextAt(), await person(), {
    twist: { attestation: { fmt: 'packed', attStmt } },
  })
  assert.equal(passkey.kind, 'passkey')
})

test('a realm without passkeys, and one without a name, has no relying party', async () => {
  assert.equal(partyOf(contextAt({ ...realm, passkeyEnabled: false })), undefined)
  assert.deepEqual(partyOf(contextAt()), { id: 'id.example.com', origin: ORIGIN })
  assert.deepEqual(relyingPartyOf('http://localhost:9000'), { id: 'localhost', origin: 'http://localhost:9000' })
  for (const issuer of [
    'http://id.example.com',
    'https://192.0.2.1',
    'https://[2001:db8::1]:9000',
    'http://127.0.0.1:9000',
  ]) {
    assert.equal(relyingPartyOf(issuer), undefined, issuer)
  }
  const other = await anotherRealm(services)
  assert.deepEqual(partyOf(services.contextFor({ realm: other })), { id: 'id.example.com', origin: ORIGIN })
})
