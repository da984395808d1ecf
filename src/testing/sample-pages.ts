// Owns one document of every hosted page in every state.
import { ENGLISH } from '#language/language.ts'
import { apiDocs } from '#pages/views/api-docs.ts'
import { BRAND_STYLE_PATH } from '#pages/views/brand-style.ts'
import { consent } from '#pages/views/consent.ts'
import { errorPage } from '#pages/views/error-page.ts'
import { getStarted, getStartedDone, getStartedExpired } from '#pages/views/get-started.ts'
import { type InvitationProps, invitation } from '#pages/views/invitation.ts'
import type { Frame } from '#pages/views/layout.ts'
import { message } from '#pages/views/message.ts'
import { organizationChoice } from '#pages/views/organization.ts'
import { type SignInProps, signIn } from '#pages/views/sign-in.ts'
import { signedOut, signOutConfirm } from '#pages/views/sign-out.ts'
import { sampleApi } from './sample-api.ts'
import { SAMPLE_BRANDING } from './sample-branding.ts'

const frame: Frame = { brand: { name: 'Northwind' }, language: ENGLISH }
const form = { frame, action: '/realms/northwind/sign-in', csrf: 'csrf-token', transaction: 'txn-1' }
const client = { name: 'Tidewater Mail', host: 'mail.tidewater.example' }
const account = { email: 'ada@northwind.example', name: 'Ada Lindqvist' }
const plain: SignInProps = { ...form, client }
const invited: Omit<InvitationProps, 'step'> = {
  ...form,
  token: 'invitation-token',
  organization: 'Acme Bicycles',
  email: account.email,
  expiresAt: Date.UTC(2026, 0, 8, 9, 30),
}

/** One document of every hosted page in every state worth a look, by name. */
export function samplePages(): Readonly<Record<string, string>> {
  return {
    'sign-in': signIn(plain),
    'sign-in-incorrect': signIn({ ...plain, email: account.email, problem: { kind: 'incorrect' } }),
    'sign-in-wait': signIn({
      ...plain,
      email: account.email,
      problem: { kind: 'too_many_attempts', retryAfter: 40 },
    }),
    'sign-in-confirm': signIn({ ...plain, email: account.email, confirm: true, canSwitchAccount: true }),
    consent: consent({
      ...form,
      client: { ...client, firstParty: true },
      resource: { name: 'Northwind Orders' },
      scopes: [
        { name: 'openid' },
        { name: 'email' },
        { name: 'orders:read', description: 'Read your orders and invoices' },
        { name: 'orders:write', description: 'Place, change and cancel orders' },
        { name: 'offline_access' },
      ],
      redirectUri: 'https://mail.tidewater.example/oauth/callback',
      account,
    }),
    organization: organizationChoice({
      ...form,
      client: client.name,
      organizations: [
        { id: 'org_1', name: 'Blue Ocean' },
        { id: 'org_2', name: 'Northwind' },
      ],
      named: false,
      account,
    }),
    'organization-foreign': organizationChoice({
      ...form,
      client: client.name,
      organizations: [],
      named: true,
      account,
    }),
    'consent-unverified': consent({
      ...form,
      client: { name: 'Code Companion', host: 'companion.example', firstParty: false },
      resource: { name: 'Northwind MCP' },
      scopes: [{ name: 'mcp:tools', description: 'Use tools in your name' }, { name: 'unexplained' }],
      redirectUri: 'http://127.0.0.1:52115/callback',
      account: { email: account.email },
    }),
    error: errorPage({
      frame,
      code: 'invalid_redirect_uri',
      requestId: '01993c5e-6f0b-7cc1-9d1f-0c5b7a8e2f11',
      detail: 'redirect_uri matches none of the URIs registered for this client.',
    }),
    'sign-out': signOutConfirm({ ...form, client, account }),
    'signed-out': signedOut({ frame, continueTo: { uri: 'https://mail.tidewater.example/', name: client.name } }),
    'get-started': getStarted({ ...form, token: 'bootstrap-token', passwordLength: 12 }),
    'get-started-problem': getStarted({
      ...form,
      token: 'bootstrap-token',
      passwordLength: 12,
      email: 'ada@',
      problems: { email: 'This is not an e-mail address.', password: 'This password is too short.' },
    }),
    'get-started-done': getStartedDone({
      frame,
      email: account.email,
      continueTo: { uri: '/admin/ui/' },
      account: 'https://auth.tidewater.example/realms/abcdefghijkl/account',
    }),
    'get-started-expired': getStartedExpired({ frame }),
    'invitation-join': invitation({ ...invited, step: { kind: 'join' } }),
    'invitation-switch': invitation({ ...invited, step: { kind: 'switch_account', signedInAs: 'bob@example.com' } }),
    'invitation-sign-in': invitation({ ...invited, step: { kind: 'sign_in', problem: { kind: 'incorrect' } } }),
    'invitation-new': invitation({ ...invited, step: { kind: 'register', passwordLength: 8 } }),
    'invitation-new-problem': invitation({
      ...invited,
      step: { kind: 'register', passwordLength: 8, problem: 'The password is the e-mail address.' },
    }),
    message: message({
      frame,
      title: 'Check your e-mail',
      paragraphs: ['If there is an account with this address, a link is on its way.', 'It works for ten minutes.'],
      next: { href: '/sign-in', label: 'Back to sign in' },
    }),
    'api-docs': apiDocs({
      frame: { brand: { name: 'Countersign' }, language: ENGLISH },
      document: sampleApi(20),
      documentUrl: '/openapi.json',
    }),
    branded: signIn({
      ...plain,
      frame: {
        language: ENGLISH,
        brand: {
          name: 'Crimson & Sons',
          stylesheet: `${BRAND_STYLE_PATH}?v=1`,
          texts: SAMPLE_BRANDING.texts?.en,
          logoUrl:
            'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAzMiAzMiI+PGNpcmNsZSBjeD0iMTYiIGN5PSIxNiIgcj0iMTYiIGZpbGw9IiNkNjMzNmMiLz48L3N2Zz4=',
        },
      },
    }),
  }
}
