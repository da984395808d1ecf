// Checks the hashing of passwords.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { createPasswords, DEFAULT_COST, LONGEST_PASSWORD } from './password.ts'

const CHEAP = { memory: 1024, passes: 1 }
const passwords = createPasswords(CHEAP)

test('a hashed password verifies, another does not, and the hash is argon2id of the cost asked for', async () => {
  const hash = await createPasswords().hash('correct horse battery staple')
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await createPasswords().verify('correct horse battery staple', hash), true)
  assert.equal(await createPasswords().verify('correct horse battery stapl', hash), false)
  assert.notEqual(await createPasswords().hash('correct horse battery staple'), hash, 'each hash has its own salt')
})

// The passwords and hashes of public test suites, so that no code of ours is on both sides.
const IMPORTED: readonly [string, string, string][] = [
  ['bcrypt $2a', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['bcrypt $2y', 'U*U', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  [
    'scrypt (RFC 7914 §12)',
    'pleaseletmein',
    `$scrypt$ln=14,r=8,p=1$${unpadded(Buffer.from('SodiumChloride'))}$${unpadded(
      Buffer.from(
        '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
          'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
        'hex',
      ),
    )}`,
  ],
  [
    'PBKDF2-SHA-1 (RFC 6070 §2)',
    'password',
    `$pbkdf2$4096$${unpadded(Buffer.from('salt'))}$${unpadded(Buffer.from('4b007901b765489abead49d926f721d065a429c1', 'hex'))}`,
  ],
  [
    'PBKDF2-SHA-256, older spelling',
    'password',
    '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44',
  ],
  [
    'PBKDF2-SHA-256, PHC spelling',
    'password',
    '$pbkdf2-sha256$i=6400,l=32$+6UI/S+nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44',
  ],
]

for (const [name, password, hash] of IMPORTED) {
  test(`an imported ${name} hash verifies its password only, and should be replaced`, async () => {
    assert.equal(await passwords.verify(password, hash), true)
    assert.equal(await passwords.verify(`${password} `, hash), false)
    assert.equal(passwords.needsRehash(hash), true)
  })
}

test('a hash is replaced when it is not of today’s cost', async () => {
  const hash = await passwords.hash('a password')
  assert.equal(passwords.needsRehash(hash), false)
  assert.equal(createPasswords(DEFAULT_COST).needsRehash(hash), true)
  assert.equal(passwords.needsRehash(hash.replace('argon2id', 'argon2i')), true)
  assert.equal(passwords.needsRehash('nonsense'), true)
})

test('hashes of no known form, broken ones and ones made to be dear are refused without their cost', async () => {
  const salt = 'c29tZXNhbHRzb21lc2FsdA'
  const output = 'Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M'
  const started = performance.now()
  for (const hash of [
    '',
    '*',
    'plain text',
    '$1$abc$def',
    '$argon2id$v=19$m=19456,t=2,p=1$short',
    `$argon2id$v=19$m=4194304,t=2,p=1$${salt}$${output}`,
    `$argon2id$v=19$m=65536,t=4000000,p=1$${salt}$${output}`,
    '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2b$05$tooshort',
    `$scrypt$ln=30,r=8,p=1$${salt}$${output}`,
    `$scrypt$ln=14,r=8,p=99$${salt}$${output}`,
    `$scrypt$ln=0,r=0,p=0$${salt}$${output}`,
    `$pbkdf2-sha256$99999999$${salt}$${output}`,
    `$pbkdf2-sha256$1000$${salt}$AA`,
    `$pbkdf2-md5$1000$${salt}$${output}`,
  ]) {
    assert.equal(await passwords.verify('password', hash), false, hash)
  }
  assert.ok(performance.now() - started < 2000)
})

test('nobody’s password takes as long to refuse as somebody’s', async () => {
  const subject = createPasswords()
  const hash = await subject.hash('a password')
  const measure = async (against: string | null) => {
    const started = performance.now()
    assert.equal(await subject.verify('a wrong password', against), false)
    return performance.now() - started
  }
  const times = { somebody: [] as number[], nobody: [] as number[] }
  for (let round = 0; round < 9; round++) {
    times.somebody.push(await measure(hash))
    times.nobody.push(await measure(null))
  }
  const least = (values: number[]) => Math.min(...values)
  const ratio = least(times.nobody) / least(times.somebody)
  assert.ok(ratio > 0.7 && ratio < 1.4, `ratio ${ratio}`)
})

test('DO-06 a megabyte of password is refused before it is hashed', async () => {
  const long = 'x'.repeat(1_000_000)
  await assert.rejects(passwords.hash(long), (error) => error instanceof Failure && error.code === 'invalid_input')
  assert.equal(await passwords.verify(long, await passwords.hash('short')), false)
  const longest = 'x'.repeat(LONGEST_PASSWORD)
  assert.equal(await passwords.verify(longest, await passwords.hash(longest)), true)
})

test('of five hundred sign-ins at once some are told to come back, and the others are answered', async () => {
  const hash = await passwords.hash('a password')
  const results = await Promise.allSettled(Array.from({ length: 500 }, () => passwords.verify('a password', hash)))
  const answered = results.filter((result) => result.status === 'fulfilled')
  const refused = results.filter((result) => result.status === 'rejected')
  assert.ok(answered.length >= 256 && answered.every(({ value }) => value))
  assert.ok(refused.length > 0)
  for (const { reason } of refused) {
    assert.ok(reason instanceof Failure && reason.code === 'temporarily_unavailable' && reason.detail.retryAfter === 1)
  }
})

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
