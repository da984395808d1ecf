// Owns the table of what is tested of each method of signing in. A method without a cell does not compile, and a cell that
// names no test fails.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { METHOD_NAMES, type MethodName, rowOf } from './methods.ts'

type Use = 'first' | 'second' | 'stepUp' | 'recovery' | 'enrolment' | 'removal' | 'last'

/** The file of a test below `src`, and how its title begins; or why there is nothing to test. */
type Cell = readonly [file: string, title: string] | { readonly none: string }

const none = (reason: string): Cell => ({ none: reason })
const SIGN_IN = 'pages/sign-in.page.test.ts'
const MAIL = 'pages/email-sign-in.page.test.ts'
const SECOND = 'pages/second-factor.page.test.ts'
const PASSKEY_SIGN_IN = 'pages/passkey-sign-in.page.test.ts'
const PASSKEYS = 'pages/passkeys.page.test.ts'
const ACCOUNT = 'pages/account.page.test.ts'
const EXTERNAL = 'pages/external-sign-in.test.ts'
const LINKED = 'pages/account-linked-accounts.page.test.ts'
const SMS = 'pages/sms.page.test.ts'
const RECOVERY = 'pages/password-recovery.page.test.ts'

const NEVER_SECOND = none('It is no second factor.')
const STEP_UP: Cell = [SECOND, 'a step-up asks only for the second factor after a recent sign-in']
const FORGOTTEN: Cell = [RECOVERY, 'a person sets a new password by the mailed link']
const LAST_PASSKEY: Cell = [PASSKEYS, 'the last second factor that works at a realm of level 2 stays']

const PASSKEY_ROW: Readonly<Record<Use, Cell>> = {
  first: [PASSKEY_SIGN_IN, 'a passkey alone is level 2'],
  second: [PASSKEY_SIGN_IN, 'who has a passkey is asked for it after the password'],
  stepUp: [PASSKEY_SIGN_IN, 'MF-01 a passkey alone is enough where a realm demands level 2'],
  recovery: [PASSKEYS, 'the first passkey comes with recovery codes'],
  enrolment: [PASSKEYS, 'WA-11 nobody changes passkeys without a sign-in of the last ten minutes'],
  removal: [PASSKEYS, 'a passkey is renamed and removed, but not the last way to sign in'],
  last: LAST_PASSKEY,
}

const TABLE: Readonly<Record<MethodName, Readonly<Record<Use, Cell>>>> = {
  password: {
    first: [SIGN_IN, 'EN-01 an unknown account, a wrong password and a suspended person look alike'],
    second: NEVER_SECOND,
    stepUp: STEP_UP,
    recovery: FORGOTTEN,
    enrolment: [ACCOUNT, 'a new password keeps this session, ends the others and all tokens'],
    removal: [MAIL, 'a person removes the password where another way to sign in stays'],
    last: [MAIL, 'a person removes the password where another way to sign in stays'],
  },
  email: {
    first: [MAIL, 'a person without a password signs in by the link'],
    second: [MAIL, 'MF-07 where the realm demands two factors, a mail and the password are one'],
    stepUp: [MAIL, 'MF-01 MF-07 who has a second factor is asked for it after the mail'],
    recovery: none('A person has the mailbox or has not: an administrator gives the account another address.'),
    enrolment: none('Every account has an address.'),
    removal: none('No account is without an address.'),
    last: [MAIL, 'a person removes the password where another way to sign in stays'],
  },
  passkey: PASSKEY_ROW,
  device_passkey: PASSKEY_ROW,
  external: {
    first: [EXTERNAL, 'a first sign-in creates the user of an address of the domain'],
    second: [EXTERNAL, 'a second factor is asked for as ever, and the provider cannot stand in for it'],
    stepUp: [EXTERNAL, 'a new sign-in is asked of the provider, and its ID token has to say that there was one'],
    recovery: none('The provider recovers its accounts.'),
    enrolment: [LINKED, 'people link an account, sign in with it, and unlink it'],
    removal: [LINKED, 'people link an account, sign in with it, and unlink it'],
    last: [LINKED, 'who has no other way to sign in cannot unlink the last account'],
  },
  totp: {
    first: none('It is no first factor.'),
    second: [SECOND, 'MF-02 a code works once'],
    stepUp: STEP_UP,
    recovery: [SECOND, 'MF-08 a recovery code signs in once'],
    enrolment: [SECOND, 'MF-07 a realm that demands level 2 has people set up an app in their next sign-in'],
    removal: [ACCOUNT, 'MF-06 second factors are set up, renewed and removed only with a recent sign-in'],
    last: [ACCOUNT, 'a session from before the second factor must prove it; the last one stays'],
  },
  sms: {
    first: none('It is no first factor.'),
    second: [SMS, 'who has a telephone is asked for a code of it'],
    stepUp: [SMS, 'a step-up takes the code of a telephone'],
    recovery: [SMS, 'a lost telephone is replaced by a recovery code'],
    enrolment: [SMS, 'a telephone is added by the code that is sent to it'],
    removal: [SMS, 'beside an app, a person chooses; a telephone is removed'],
    last: [SMS, 'beside an app, a person chooses; a telephone is removed'],
  },
  recovery_code: {
    first: none('It is no first factor.'),
    second: [SECOND, 'MF-08 a recovery code signs in once'],
    stepUp: [SECOND, 'MF-08 a recovery code signs in once'],
    recovery: none('An administrator removes the second factors of who lost the codes too.'),
    enrolment: [ACCOUNT, 'MF-06 second factors are set up, renewed and removed only with a recent sign-in'],
    removal: [PASSKEYS, 'with a password the only passkey can go, and the recovery codes go with it'],
    last: none('Codes stand in for another second factor, and are never the last one.'),
  },
}

test('each cell of the table names a test that is there, or the reason why there is none', () => {
  for (const name of METHOD_NAMES) {
    for (const [use, cell] of Object.entries(TABLE[name])) {
      if ('none' in cell) continue
      const [file, title] = cell
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
      assert.ok(text.includes(`test('${title}`), `${name}, ${use}: ${file} has no test “${title}”`)
    }
    assert.equal('none' in TABLE[name].first, !rowOf(name).isFirst, `${name} as a first factor`)
  }
})
