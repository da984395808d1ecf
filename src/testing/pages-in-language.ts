// Owns one document of every hosted page, in any language.
import type { Language } from '#language/language.ts'
import { account } from '#pages/views/account.ts'
import { accountActivity } from '#pages/views/account-activity.ts'
import { accountApproval, accountApprovals } from '#pages/views/account-approvals.ts'
import { accountApps } from '#pages/views/account-apps.ts'
import { accountConnections } from '#pages/views/account-connections.ts'
import { accountData } from '#pages/views/account-data.ts'
import { accountLinkedAccounts } from '#pages/views/account-linked-accounts.ts'
import { accountPassword } from '#pages/views/account-password.ts'
import { accountSecondFactors, addedApp, addedPhone, renewedCodes } from '#pages/views/account-second-factors.ts'
import { accountSessions } from '#pages/views/account-sessions.ts'
import { BRAND_STYLE_PATH } from '#pages/views/brand-style.ts'
import { connectConsent, connectKeyForm } from '#pages/views/connect.ts'
import { consent } from '#pages/views/consent.ts'
import { deviceConsent, userCodeForm } from '#pages/views/device.ts'
import { emailSignIn } from '#pages/views/email-sign-in.ts'
import { enrolment, recoveryCodes } from '#pages/views/enrolment.ts'
import { errorPage } from '#pages/views/error-page.ts'
import { formPage } from '#pages/views/form-page.ts'
import { getStarted, getStartedDone, getStartedExpired } from '#pages/views/get-started.ts'
import { invitation } from '#pages/views/invitation.ts'
import type { Frame } from '#pages/views/layout.ts'
import { organizationChoice } from '#pages/views/organization.ts'
import { passkey, passkeys } from '#pages/views/passkeys.ts'
import { secondFactor } from '#pages/views/second-factor.ts'
import { signIn } from '#pages/views/sign-in.ts'
import { signedOut, signOutConfirm } from '#pages/views/sign-out.ts'
import { termsBox } from '#pages/views/terms-box.ts'
import { formPagesIn } from './form-pages-in-language.ts'
import { SAMPLE_BRANDING, SAMPLE_LOGO } from './sample-branding.ts'

const AT = Date.UTC(2026, 0, 8, 9, 30)
const EMAIL = 'ada@northwind.example'
const KEY = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const CODES = ['4kfq-7w2m', 'h8dt-x3np', '9rvc-jm6z', 'w5ye-2gbs', 'q7ua-t4hk', '3nxd-8pfr', 'm6cz-v9je', 'b2sw-5ykg']
const AGENT = 'Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0'

/** One document of every page, by name. What stands for the data of a person or an app is the same in every language. */
export function pagesIn(language: Language): Readonly<Record<string, string>> {
  const frame: Frame = { brand: { name: 'Northwind' }, language, languageMenu: { action: '/language', to: '/sign-in' } }
  const form = { frame, action: '/here', csrf: 'c', transaction: 't' }
  const own = { ...form, base: '', problem: undefined, isDone: false }
  const client = { name: 'Tidewater', host: 'mail.tidewater.example', firstParty: false }
  const ceremony = { ceremony: 'c', options: {} }
  const person = { email: EMAIL, name: 'Ada Lindqvist' }
  const scopes = [{ name: 'openid' }, { name: 'offline_access' }, { name: 'orders:read' }]
  const app = { id: 'a', name: 'Phone', createdAt: AT, lastUsedAt: null }
  const key = { ...app, provider: 'Keychain', works: false }
  const invited = { ...form, token: 't', organization: 'Acme', email: EMAIL, expiresAt: AT }
  const waiting = { id: 'r', client, createdAt: AT, expiresAt: AT }
  const phone = { ...app, name: '+49 ••• 789' }
  const asks = { app: true, sms: true, passkey: true }
  const phones = { phones: [phone], offersPhone: true, number: undefined }
  const apps = { apps: [app], ...phones, codesLeft: 1, asks, offer: 'add', hasSecond: true } as const
  const ways = { mail: true, passkey: ceremony, recovery: '/r', registration: '/s' }
  const wanted = { ...form, ...ways, client, providers: [{ id: 'p', name: 'Acme' }] }
  const mailed = { ...form, signIn: '/s', ask: 'a', email: EMAIL }
  const step = { ...form, method: 'totp', others: ['passkey', 'recovery_code'], rememberFor: 30 } as const
  const proof = { challenge: { text: 'c', issuedAt: AT, partBits: 11 }, renew: '/r', slowWait: 20 }
  const words = language.messages.account
  return {
    ...formPagesIn(frame, EMAIL),
    'sign-in': signIn(wanted),
    'sign-in-wait': signIn({ ...wanted, email: EMAIL, problem: { kind: 'too_many_attempts', retryAfter: 40 } }),
    'sign-in-proof': signIn({ ...wanted, proof, problem: { kind: 'proof_early', retryAfter: 12 } }),
    'sign-in-confirm': signIn({ ...form, client, email: EMAIL, confirm: true, canSwitchAccount: true }),
    'email-sign-in': emailSignIn(mailed),
    'email-sign-in-incorrect': emailSignIn({ ...mailed, problem: 'incorrect' }),
    'second-factor': secondFactor(step),
    'second-factor-incorrect': secondFactor({ ...step, problem: { kind: 'incorrect' } }),
    'second-factor-passkey': secondFactor({
      ...form,
      method: 'passkey',
      others: ['totp'],
      rememberFor: 1,
      passkey: ceremony,
    }),
    'second-factor-sms': secondFactor({
      ...{ ...form, method: 'sms', others: ['totp', 'recovery_code'], rememberFor: 30 },
      sms: { phones: [phone], sent: phone.name },
    }),
    enrolment: enrolment({
      ...form,
      key: KEY,
      uri: 'otpauth://totp/Northwind?secret=x',
      account: EMAIL,
    }),
    'recovery-codes': recoveryCodes({ ...form, codes: CODES, rememberFor: 30 }),
    organization: organizationChoice({
      ...form,
      client: client.name,
      organizations: [{ id: 'o', name: 'Acme' }],
      named: false,
      account: person,
    }),
    'organization-foreign': organizationChoice({
      ...form,
      client: client.name,
      organizations: [],
      named: true,
      account: person,
    }),
    consent: consent({
      ...form,
      client: { ...client, links: [{ kind: 'policy', uri: 'https://mail.tidewater.example/p' }] },
      resource: { name: 'Orders' },
      scopes,
      redirectUri: 'http://127.0.0.1/cb',
      account: person,
    }),
    device: deviceConsent({
      ...form,
      client,
      scopes: [],
      userCode: 'WDJB-MJHT',
      origin: { ip: null, userAgent: AGENT, at: AT },
      now: AT + 200_000,
      account: person,
    }),
    'device-code': userCodeForm({ ...form, problem: { kind: 'too_many_attempts', retryAfter: 90 } }),
    'invitation-switch': invitation({ ...invited, step: { kind: 'switch_account', signedInAs: 'bob@example.com' } }),
    'invitation-new': invitation({ ...invited, step: { kind: 'register', passwordLength: 8 } }),
    'sign-out': signOutConfirm({ ...form, account: { email: EMAIL }, client }),
    'signed-out': signedOut({ frame, continueTo: { uri: 'https://mail.tidewater.example/', name: client.name } }),
    error: errorPage({ frame, code: 'invalid_client', requestId: 'r-1', onward: { uri: 'https://mail.example/' } }),
    'error-other': errorPage({ frame, code: 'invalid_scope', requestId: 'r-1', detail: 'For the developer.' }),
    account: account({
      ...own,
      account: { ...person, emailVerified: false },
      fields: [],
      facts: [],
      submit: language.messages.profile.save,
      parts: [
        { path: '/p', label: words.password, hint: words.passwordHint },
        { path: '/s', label: words.secondStep, hint: words.secondStepHint },
        { path: '/k', label: words.passkeys, hint: words.passkeysHint },
        { path: '/e', label: words.sessions, hint: words.sessionsHint },
        { path: '/a', label: words.apps, hint: words.appsHint },
      ],
      signOut: '/o',
    }),
    'account-data': accountData(own),
    'sign-in-details': formPage({
      frame,
      title: language.messages.profile.title,
      paragraphs: [language.messages.profile.lead],
      action: '/sign-in/details',
      hidden: {},
      fields: [
        { name: 'size', label: '1', type: 'text', autocomplete: 'off', choices: [{ value: '', label: '1' }] },
        { name: 'news', label: '1', type: 'checkbox', autocomplete: 'off', optional: true },
      ],
      box: termsBox(frame, { version: '1', url: 'https://example.com/' }),
      submit: language.messages.form.proceed,
    }),
    'account-password': accountPassword({
      ...own,
      isFirstOne: false,
      isInDirectory: false,
      canRemove: true,
      fields: [],
    }),
    'account-apps': accountApps({
      ...own,
      cursor: 'c',
      apps: [{ ...client, id: 'c', since: AT, access: [{ scopes }] }],
      agents: [
        { id: 'd', name: '', since: AT, until: AT, scopes },
        { id: 'e', name: client.name, since: AT, until: null, scopes: null },
      ],
    }),
    'account-sessions': accountSessions({
      ...own,
      cursor: null,
      sessions: [
        { id: 's', ip: null, userAgent: null, createdAt: 0, authenticatedAt: AT, lastSeenAt: AT, isThis: true },
      ],
      devices: [{ id: 'd', ip: '192.0.2.1', userAgent: AGENT, createdAt: AT, lastUsedAt: AT, expiresAt: AT }],
    }),
    'account-activity': accountActivity({
      ...own,
      cursor: 'c',
      entries: [
        { what: 'signedIn', at: AT, about: null, from: { ip: '192.0.2.1', userAgent: AGENT }, byAdministrator: false },
        { what: 'allowed', at: AT, about: client.name, from: { ip: null, userAgent: null }, byAdministrator: false },
        { what: 'password', at: AT, about: null, from: null, byAdministrator: true },
      ],
    }),
    'account-second-factors': accountSecondFactors({ ...own, ...apps }),
    'account-phone': addedPhone({ ...own, phone: { id: 'e', number: '+4915123456789' } }),
    'account-app': addedApp({
      ...own,
      app: { id: 'a', key: KEY, uri: 'otpauth://totp/Northwind?secret=x' },
      account: EMAIL,
    }),
    'account-codes': renewedCodes({ ...own, codes: CODES }),
    'account-linked': accountLinkedAccounts({
      ...own,
      linked: [{ id: 'l', provider: null, label: EMAIL, createdAt: AT, lastUsedAt: AT }],
      others: [{ id: 'p', name: 'Acme' }],
    }),
    'account-connections': accountConnections({
      ...own,
      connections: [
        {
          provider: { slug: 'github', name: 'GitHub' },
          connection: { id: 'c', scopes: ['repo'], createdAt: AT, needsReauth: true },
        },
      ],
    }),
    'connect-consent': connectConsent({
      ...{ frame: own.frame, action: '/connect/github', hidden: {}, client: 'Agent', resource: { name: 'Repos' } },
      ...{ scopes: [{ name: 'repo:read', description: 'Read repositories' }], email: 'ada@example.com' },
    }),
    'connect-key': connectKeyForm({
      ...{ frame: own.frame, action: '/connect/keys', hidden: {}, provider: 'Weather', isWrong: true },
      instructions: 'https://weather.example/keys',
    }),
    'account-approvals': accountApprovals({
      ...own,
      waiting: [waiting],
      decided: [{ name: '', isApproved: true, at: AT, scopes: ['openid'] }],
    }),
    'account-approval': accountApproval({
      ...own,
      ...waiting,
      bindingMessage: 'TX-1',
      scopes,
      details: [],
      account: EMAIL,
    }),
    passkeys: passkeys({ ...own, account: EMAIL, passkeys: [key], passwordOnly: true, add: ceremony }),
    passkey: passkey({ ...own, isDone: true, passkey: key, isNameWrong: false }),
    'get-started': getStarted({ ...form, token: 't', passwordLength: 12 }),
    'get-started-done': getStartedDone({ frame, email: EMAIL, continueTo: { uri: '/admin' }, account: '/account' }),
    'get-started-expired': getStartedExpired({ frame }),
  }
}

/** The sign-in page with a branding that uses everything. */
export function brandedPage(language: Language): string {
  const { name = '', texts = {} } = SAMPLE_BRANDING
  const own = texts[language.tag] ?? texts.en
  const brand = {
    name,
    logoUrl: `data:image/svg+xml;base64,${SAMPLE_LOGO.toString('base64')}`,
    stylesheet: BRAND_STYLE_PATH,
    texts: { ...texts.en, ...own },
  }
  const frame: Frame = { brand, language, languageMenu: { action: '/language', to: '/sign-in' } }
  const client = { name: 'Tidewater', host: 'mail.tidewater.example' }
  const form = { frame, action: '/here', csrf: 'c', transaction: 't' }
  return signIn({ ...form, client, mail: true, recovery: '/r', registration: '/s' })
}
