// Checks the decision whether an authorization request needs a page.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NO_PROGRESS, type Progress } from './authorization-request.ts'
import { type Decision, type DecisionInput, decide } from './decision.ts'

const NOW = 1_000_000_000
const ADA = { userId: 'ada', aal: 1, authenticatedAt: NOW - 60_000 }
const PLAIN: DecisionInput = {
  request: { prompt: [], maxAge: null, aal: 1, hint: null },
  progress: NO_PROGRESS,
  session: ADA,
  consented: true,
  firstParty: false,
  organization: 'none',
  minAal: 1,
  reachableAal: 1,
  now: NOW,
}

type Changes = Partial<Omit<DecisionInput, 'request' | 'progress'>> &
  Partial<DecisionInput['request']> & { progress?: Partial<Progress> }

function decisionFor({ prompt, maxAge, aal, hint, progress, ...rest }: Changes): Decision {
  const given = Object.fromEntries(
    Object.entries({ prompt, maxAge, aal, hint }).filter(([, value]) => value !== undefined),
  )
  return decide({
    ...PLAIN,
    ...rest,
    request: { ...PLAIN.request, ...given },
    progress: { ...NO_PROGRESS, ...progress },
  })
}

const silent = { prompt: ['none'] } as const
const fresh = { signedIn: 'ada' }
const ROWS: readonly [string, Changes, Decision | string][] = [
  ['signed in and consented', {}, 'issue'],
  ['nobody is signed in', { session: undefined }, 'sign_in'],
  ['nobody is signed in, silently', { ...silent, session: undefined }, 'login_required!'],
  ['not consented', { consented: false }, 'consent'],
  ['not consented, silently', { ...silent, consented: false }, 'consent_required!'],
  ['not consented, but allowed just now', { consented: false, progress: { allowed: 'ada' } }, 'issue'],
  ['allowed by somebody else just now', { consented: false, progress: { allowed: 'bob' } }, 'consent'],
  ['the operator’s own client', { consented: false, firstParty: true }, 'issue'],
  ['prompt=consent asks even then', { firstParty: true, prompt: ['consent'] }, 'consent'],
  ['prompt=consent ends', { prompt: ['consent'], progress: { allowed: 'ada' } }, 'issue'],
  ['nothing reaches the level', { progress: { unreachable: true } }, 'unmet_authentication_requirements!'],
  ['denied', { progress: { denied: true } }, 'access_denied!'],
  ['prompt=login', { prompt: ['login'] }, 'sign_in'],
  ['prompt=login ends', { prompt: ['login'], progress: fresh }, 'issue'],
  ['prompt=login is not ended by somebody else', { prompt: ['login'], progress: { signedIn: 'bob' } }, 'sign_in'],
  ['prompt=login consent', { prompt: ['login', 'consent'], progress: fresh }, 'consent'],
  ['prompt=select_account', { prompt: ['select_account'] }, 'sign_in'],
  ['prompt=select_account ends', { prompt: ['select_account'], progress: fresh }, 'issue'],
  ['another account is wanted', { progress: { switching: true } }, 'sign_in'],
  ['max_age not passed', { maxAge: 61 }, 'issue'],
  ['max_age passed', { maxAge: 60 }, 'sign_in'],
  ['max_age passed, silently', { ...silent, maxAge: 60 }, 'login_required!'],
  ['max_age=0', { maxAge: 0, session: { ...ADA, authenticatedAt: NOW } }, 'sign_in'],
  ['max_age=0 ends', { maxAge: 0, progress: fresh }, 'issue'],
  ['the hint is the user', { hint: { userId: 'ada' } }, 'issue'],
  ['the hint is somebody else', { hint: { userId: 'bob' } }, 'sign_in'],
  ['the hint is somebody else, silently', { ...silent, hint: { userId: 'bob' } }, 'login_required!'],
  ['the hint is somebody else than signed in for it', { hint: { userId: 'bob' }, progress: fresh }, 'login_required!'],
  ['the hint is forged', { hint: { userId: undefined } }, 'issue'],
  ['the hint is forged, silently', { ...silent, hint: { userId: undefined } }, 'login_required!'],
  ['the realm’s level is out of reach', { minAal: 2 }, 'unmet_authentication_requirements!'],
  ['the asked level is out of reach', { aal: 3, session: undefined }, 'unmet_authentication_requirements!'],
  ['a level in reach, of a recent sign-in', { minAal: 2, reachableAal: 2 }, 'step_up'],
  [
    'a level in reach, of an old sign-in',
    { aal: 2, reachableAal: 2, session: { ...ADA, authenticatedAt: NOW - 900_000 } },
    'sign_in',
  ],
  ['a level in reach, and max_age passed', { aal: 2, reachableAal: 2, maxAge: 60 }, 'sign_in'],
  ['a level in reach, silently', { ...silent, aal: 2, reachableAal: 3 }, 'interaction_required!'],
  ['a level that the sign-in missed', { aal: 2, reachableAal: 3, progress: fresh }, 'step_up'],
  ['a level that is met', { aal: 2, reachableAal: 3, session: { ...ADA, aal: 2 } }, 'issue'],
]

for (const [name, changes, expected] of ROWS) {
  test(`${name}: ${expected}`, () => {
    const decision = decisionFor(changes)
    assert.equal(typeof decision === 'string' ? decision : `${decision.refuse}!`, expected)
  })
}

test('whatever the situation, prompt=none needs no page', () => {
  const situation = fc.record({
    consented: fc.boolean(),
    firstParty: fc.boolean(),
    session: fc.constantFrom(undefined, ADA, { ...ADA, userId: 'bob' }, { ...ADA, aal: 2 }),
    hint: fc.constantFrom(null, { userId: 'ada' }, { userId: undefined }),
    maxAge: fc.constantFrom(null, 0, 60, 600),
    aal: fc.integer({ min: 1, max: 3 }),
    minAal: fc.integer({ min: 1, max: 3 }),
    reachableAal: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(situation, (changes) => {
      const decision = decisionFor({ ...silent, ...changes })
      assert.ok(decision === 'issue' || typeof decision === 'object')
    }),
  )
})
