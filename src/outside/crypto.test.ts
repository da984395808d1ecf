// Checks sealing, hashing and signatures.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose'
import { SIGNING_ALGORITHMS } from '#domain/outside.ts'
import { createCrypto } from './crypto.ts'

const masterKey = randomBytes(32)
const crypto = createCrypto({ masterKey, passwordCost: { memory: 1024, passes: 1 } })

test('a sealed text opens for its purpose only, also after a restart, and never looks the same twice', () => {
  for (const text of ['', 'a secret', 'ø€😀', 'x'.repeat(100_000)]) {
    const sealed = crypto.seal('mail password', text)
    assert.equal(createCrypto({ masterKey }).open('mail password', sealed), text)
    assert.notEqual(crypto.seal('mail password', text), sealed)
    assert.ok(text === '' || !sealed.includes(text))
    assert.throws(() => crypto.open('webhook secret', sealed), /cannot be decrypted/)
  }
})

test('a sealed text does not open after any change to it', () => {
  const sealed = crypto.seal('mail password', 'a secret')
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, at) + other + sealed.slice(at + 1)
    assert.throws(() => crypto.open('mail password', changed), /cannot be decrypted/, `changed at ${at}`)
    assert.throws(() => crypto.open('mail password', sealed.slice(0, at)), /cannot be decrypted/, `cut at ${at}`)
  }
  for (const changed of [`${sealed}A`, `${sealed}!`, sealed.replace('v1.', 'v2.'), sealed.slice(3), 'a secret']) {
    assert.throws(() => crypto.open('mail password', changed), /cannot be decrypted/, changed)
  }
  assert.throws(() => createCrypto({ masterKey: randomBytes(32) }).open('mail password', sealed), /another master key/)
})

test('an id has the same text for a purpose, also after a restart, and another one for every other purpose', () => {
  const id = '018f0000-0000-7abc-8def-0123456789ab'
  const text = crypto.disguiseId('one', id)
  assert.match(text, /^[\w-]{22}$/)
  assert.equal(createCrypto({ masterKey }).disguiseId('one', id), text)
  assert.equal(crypto.revealId('one', text), id)
  assert.notEqual(crypto.disguiseId('two', id), text)
  assert.notEqual(crypto.revealId('two', text), id)
  assert.notEqual(createCrypto({ masterKey: randomBytes(32) }).disguiseId('one', id), text)
  for (const wrong of ['', id, text.slice(1), `${text}A`, `${text.slice(0, -1)}B`, 'usr_06bqzvdpf9w0v5x4y3z2a1b0cd']) {
    assert.equal(crypto.revealId('one', wrong), undefined, wrong)
  }
})

test('what cannot be opened is not told in the error', () => {
  const sealed = crypto.seal('mail password', 'a secret')
  assert.throws(
    () => crypto.open('other', sealed),
    (error) => error instanceof Error && !`${error.message}${error.stack}`.includes(sealed),
  )
})

test('a MAC depends on the text, the purpose and the master key, and is no key of the seal', () => {
  const mac = crypto.mac('event', 'a row')
  assert.match(mac, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(createCrypto({ masterKey }).mac('event', 'a row'), mac)
  assert.notEqual(crypto.mac('event', 'a rov'), mac)
  assert.notEqual(crypto.mac('cursor', 'a row'), mac)
  assert.notEqual(createCrypto({ masterKey: randomBytes(32) }).mac('event', 'a row'), mac)
})

test('digest and equal', () => {
  assert.equal(crypto.digest('abc'), createHash('sha256').update('abc').digest('base64url'))
  assert.equal(crypto.digest512('abc'), createHash('sha512').update('abc').digest('base64url'))
  assert.equal(crypto.equal('abc', 'abc'), true)
  assert.equal(crypto.equal('abc', 'abd'), false)
  assert.equal(crypto.equal('abc', 'abcd'), false)
  assert.equal(crypto.equal('', ''), true)
})

test('a master key of another length is refused', () => {
  assert.throws(() => createCrypto({ masterKey: randomBytes(16) }), RangeError)
})

for (const algorithm of SIGNING_ALGORITHMS) {
  test(`an ${algorithm} key signs what another library verifies with its public JWK`, async () => {
    const { publicJwk, handle } = await crypto.keys.generate(algorithm)
    assert.equal(publicJwk.alg, algorithm)
    assert.equal(publicJwk.use, 'sig')
    assert.equal(publicJwk.kid, await calculateJwkThumbprint(publicJwk as JWK))
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!(member in publicJwk), member)

    const header = Buffer.from(JSON.stringify({ alg: algorithm, kid: publicJwk.kid })).toString('base64url')
    const input = `${header}.${Buffer.from('{"sub":"ø"}').toString('base64url')}`
    const sign = await createCrypto({ masterKey }).keys.signer(handle, algorithm)
    const signature = Buffer.from(await sign(input)).toString('base64url')
    const { payload } = await compactVerify(`${input}.${signature}`, await importJWK(publicJwk as JWK, algorithm))
    assert.equal(Buffer.from(payload).toString(), '{"sub":"ø"}')
  })
}

test('many signatures that are asked for at once are each of their own text, by their own key', async () => {
  const made = await Promise.all([crypto.keys.generate('ES256'), crypto.keys.generate('EdDSA')])
  const asked = Array.from({ length: 40 }, async (_, index) => {
    const algorithm = index % 2 === 0 ? 'ES256' : 'EdDSA'
    const { publicJwk, handle } = made[index % 2] as (typeof made)[number]
    const sign = await crypto.keys.signer(handle, algorithm)
    const head = Buffer.from(JSON.stringify({ alg: algorithm })).toString('base64url')
    const input = `${head}.${Buffer.from(`text ${index}`).toString('base64url')}`
    const jws = `${input}.${Buffer.from(await sign(input)).toString('base64url')}`
    const { payload } = await compactVerify(jws, await importJWK(publicJwk as JWK, algorithm))
    return Buffer.from(payload).toString()
  })
  assert.deepEqual(
    await Promise.all(asked),
    Array.from({ length: 40 }, (_, index) => `text ${index}`),
  )
})

test('a key’s handle is sealed and signs with its own algorithm only', async () => {
  const { publicJwk, handle } = await crypto.keys.generate('ES256')
  assert.ok(!handle.includes(String(publicJwk.x)))
  await assert.rejects(crypto.keys.signer(handle, 'RS256'), /of type ec/)
  await assert.rejects(crypto.keys.signer(`${handle}A`, 'ES256'), /cannot be decrypted/)
  await assert.rejects(createCrypto({ masterKey: randomBytes(32) }).keys.signer(handle, 'ES256'), /cannot be decrypted/)
})
