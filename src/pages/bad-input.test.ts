// Sends invalid input to every page.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { formOf } from '#testing/form-browser.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'

const NAMES = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'prompt',
  'max_age',
  'acr_values',
  'login_hint',
  'id_token_hint',
  'resource',
  'audience',
  'request',
  'code_challenge',
  'code_challenge_method',
  'post_logout_redirect_uri',
  'transaction',
  'csrf',
  'decision',
  'email',
  'password',
  'user_code',
  'result',
  'invitation',
  'account',
  'token',
] as const
const PATHS = [
  '/oauth/authorize',
  '/oauth/authorize/resume',
  '/sign-in',
  '/consent',
  '/device',
  '/invitation',
  '/password/forgot',
  '/password/reset',
  '/email/verify',
  '/sign-up',
  '/sign-up/confirm',
  '/account',
  '/account/password',
  '/account/sessions',
  '/account/apps',
  '/account/second-factors',
  '/sign-out',
  '/signed-out',
  '/oauth/logout',
]

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\u0000',
    'a\u0000b',
    '%',
    '-1',
    '1e9',
    'none login',
    'x'.repeat(9000),
    '\u{1f98a}',
    '..',
    'e30.e30.',
    '💥.💥.💥',
  ),
)
const fields = fc.array(fc.tuple(fc.constantFrom(...NAMES), text), { maxLength: 12 })

for (const database of DIALECTS) {
  describe(`bad input on ${database}`, () => {
    test('whatever comes, what answers is a page or a redirect, never a defect', async () => {
      const fixture = await openAuthorizationFixture({ database, network: { mail: SILENT_MAIL } })
      try {
        const runs = { numRuns: database === 'sqlite' ? 300 : 100 }
        await fc.assert(
          fc.asyncProperty(fc.constantFrom(...PATHS), fields, fc.boolean(), (path, pairs, rest) =>
            ask(fixture, path, pairs, rest),
          ),
          runs,
        )
      } finally {
        await fixture.close()
      }
    })

    test('what nobody can have typed is no account', async () => {
      const fixture = await openAuthorizationFixture({ database })
      try {
        for (const email of ['a\u0000b@example.com', 'x'.repeat(8000), '\u{1f98a}@example.com', '@', 'a b@c']) {
          const browser = fixture.newBrowser()
          const page = await browser.follow(await browser.get('/oauth/authorize', fixture.request()))
          const { action, fields: hidden } = formOf(page)
          assert.equal(
            (await browser.post(action, { ...hidden, email, password: PASSWORD })).status,
            400,
            email.slice(0, 20),
          )
        }
      } finally {
        await fixture.close()
      }
    })
  })
}

/** Asks with random parameters, on top of those of a good request or alone. */
async function ask(
  fixture: AuthorizationFixture,
  path: string,
  pairs: readonly (readonly [string, string])[],
  onTop: boolean,
) {
  const browser = fixture.newBrowser()
  const known = new Set(pairs.map(([name]) => name))
  const good = onTop ? Object.entries(fixture.request()).filter(([name]) => !known.has(name as never)) : []
  const all = [...good, ...pairs]
  const visits = [await browser.get(path, all)]
  if (path !== '/signed-out' && !path.endsWith('/resume')) visits.push(await browser.post(path, all))
  for (const { status, location } of visits) {
    assert.ok(status === 200 || status === 303 || (status >= 400 && status < 500), String(status))
    if (location) assert.match(location, /^(\/|https:\/\/app\.example\/callback\?)[\x21-\x7e]*$/)
  }
}
