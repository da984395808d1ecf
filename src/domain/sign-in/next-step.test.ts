// Checks what a sign-in needs after a factor was proven.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AUTHENTICATOR_KINDS } from '../authenticator/authenticator.ts'
import { DEFAULT_POLICY } from '../realm/realm.ts'
import { assuranceOf, METHOD_NAMES } from './methods.ts'
import { type NextStep, nextStep, type StepInput, secondMethodsOf } from './next-step.ts'

const on = { policy: DEFAULT_POLICY, passkeyEnabled: true, magicLinkEnabled: true, minAal: 1 }
const off = {
  policy: { ...DEFAULT_POLICY, totpEnabled: false },
  passkeyEnabled: false,
  magicLinkEnabled: false,
  minAal: 1,
}
const passkeys = { ...off, passkeyEnabled: true }
const user = { passwordSetAt: 1 }
const plain = { person: { user, authenticators: new Set<never>() }, secondFactors: 0, isRemembered: false }
const withApp = {
  person: { user, authenticators: new Set(['totp', 'recovery_code'] as const) },
  secondFactors: 1,
  isRemembered: false,
}
const withPasskey = {
  person: { user, authenticators: new Set(['passkey', 'recovery_code'] as const) },
  secondFactors: 1,
  isRemembered: false,
}
const withOther = {
  person: { user, authenticators: new Set(['recovery_code'] as const) },
  secondFactors: 1,
  isRemembered: false,
}
const proven = ['password'] as const

const ROWS: readonly [string, StepInput, NextStep][] = [
  ['a password is enough', { realm: on, aal: 1, ...plain, proven }, 'session'],
  ['who has an app is asked for it', { realm: on, aal: 1, ...withApp, proven }, 'second_factor'],
  ['not where apps are off', { realm: off, aal: 1, ...withApp, proven }, 'session'],
  ['after the app there is a session', { realm: on, aal: 2, ...withApp, proven: ['password', 'totp'] }, 'session'],
  ['a request demands more', { realm: on, aal: 2, ...plain, proven }, 'enrolment'],
  ['a realm demands more', { realm: { ...on, minAal: 2 }, aal: 1, ...plain, proven }, 'enrolment'],
  ['a demand that an app meets', { realm: { ...on, minAal: 2 }, aal: 1, ...withApp, proven }, 'second_factor'],
  ['a demand without a way', { realm: { ...off, minAal: 2 }, aal: 1, ...withApp, proven }, 'unreachable'],
  ['a demand beyond every way', { realm: on, aal: 3, ...plain, proven }, 'unreachable'],
  ['a passkey is enough', { realm: { ...on, minAal: 2 }, aal: 2, ...withPasskey, proven: ['passkey'] }, 'session'],
  ['so is one that stays on its device', { realm: on, aal: 2, ...withApp, proven: ['device_passkey'] }, 'session'],
  ['who has a passkey is asked for it', { realm: on, aal: 1, ...withPasskey, proven }, 'second_factor'],
  ['not where passkeys are off', { realm: off, aal: 1, ...withPasskey, proven }, 'session'],
  ['codes alone are asked of nobody', { realm: passkeys, aal: 1, ...withApp, proven }, 'session'],
  ['who has one elsewhere enrols none', { realm: on, aal: 2, ...withOther, proven }, 'unreachable'],
  ['nor for the realm', { realm: { ...on, minAal: 2 }, aal: 1, ...withOther, proven }, 'unreachable'],
  ['one elsewhere is not asked for', { realm: on, aal: 1, ...withOther, proven }, 'session'],
  ['a mail is enough', { realm: on, aal: 1, ...plain, proven: ['email'] }, 'session'],
  [
    'who has an app is asked for it after a mail',
    { realm: on, aal: 1, ...withApp, proven: ['email'] },
    'second_factor',
  ],
  ['a mail and an app are two factors', { realm: on, aal: 2, ...withApp, proven: ['email', 'totp'] }, 'session'],
  ['a password and a mail are one', { realm: on, aal: 2, ...plain, proven: ['password', 'email'] }, 'enrolment'],
  [
    'a realm demands more than a mail',
    { realm: { ...on, minAal: 2 }, aal: 1, ...plain, proven: ['email'] },
    'enrolment',
  ],
  ['not in a browser that is remembered', { realm: on, aal: 1, ...withApp, proven, isRemembered: true }, 'session'],
  ['but where more is demanded', { realm: on, aal: 2, ...withApp, proven, isRemembered: true }, 'second_factor'],
  ['or by the realm', { realm: { ...on, minAal: 2 }, aal: 1, ...withApp, proven, isRemembered: true }, 'second_factor'],
  ['nothing is proven', { realm: { ...on, minAal: 2 }, aal: 1, ...plain, proven: [] }, 'unreachable'],
]

for (const [name, input, expected] of ROWS) test(`${name}: ${expected}`, () => assert.equal(nextStep(input), expected))

test('MF-01 whatever is proven and set up, a session has what realm and request demand', () => {
  const level = fc.integer({ min: 1, max: 3 })
  const input = fc.record({
    realm: fc.record({
      minAal: level,
      passkeyEnabled: fc.boolean(),
      magicLinkEnabled: fc.boolean(),
      policy: fc.boolean().map((totpEnabled) => ({ ...DEFAULT_POLICY, totpEnabled })),
    }),
    aal: level,
    person: fc.record({
      user: fc.record({ passwordSetAt: fc.constantFrom(null, 1) }),
      authenticators: fc.subarray([...AUTHENTICATOR_KINDS]).map((kinds) => new Set(kinds)),
    }),
    secondFactors: fc.integer({ min: 0, max: 3 }),
    proven: fc.subarray([...METHOD_NAMES]),
    isRemembered: fc.boolean(),
  })
  fc.assert(
    fc.property(input, (given) => {
      const step = nextStep(given)
      const { aal } = assuranceOf(given.proven)
      if (step === 'session') {
        assert.ok(aal >= Math.max(given.realm.minAal, given.aal))
        assert.ok(aal > 1 || given.isRemembered || secondMethodsOf(given.realm, given.person).length === 0)
      }
      const hasNone = given.secondFactors === 0 && secondMethodsOf(given.realm, given.person).length === 0
      if (step === 'enrolment') assert.ok(hasNone, 'nobody enrols over what is there')
    }),
    { numRuns: 500 },
  )
})
