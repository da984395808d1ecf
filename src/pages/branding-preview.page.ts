// Shows hosted pages and mails with a draft of a branding, for who was given the address. What is on them is made up: the page
// reads no session, has no scripts, and its forms lead nowhere.
import { recoveryLetter } from '#domain/account/account-letters.ts'
import { PREVIEW_PATH, type Preview, readPreview } from '#domain/branding/branding-preview.service.ts'
import { dressed } from '#domain/mail/look.ts'
import { type Language, loadLanguage } from '#language/language.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { shownBrand } from './brand.ts'
import { failureReply } from './page-reply.ts'
import { brandStyle } from './views/brand-style.ts'
import { consent } from './views/consent.ts'
import type { Frame } from './views/layout.ts'
import { signIn } from './views/sign-in.ts'

const CLIENT = { name: 'Example', host: 'app.example.com' }
const EMAIL = 'ada@example.com'
const LINK = 'https://app.example.com/'
const EXPIRES_AT = Date.UTC(2030, 0, 1, 12)

/** The page of a preview. */
export const brandingPreviewPage: Endpoint = {
  name: 'branding_preview',
  methods: ['GET'],
  paths: [PREVIEW_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const preview = readPreview(context, realmRequest.query.get('draft'))
    const language = await loadLanguage(preview.language)
    const { adminUrl } = context.registry.settings
    const request = { ...realmRequest, brand: preview.brand, language }
    if (preview.page === 'mail') return previewReply(await mailOf(request, language), "'unsafe-inline'", adminUrl)
    const style = brandStyle(preview.brand)
    const digest = Buffer.from(context.crypto.digest(style), 'base64url').toString('base64')
    return previewReply(pageOf(preview, request, style), `'self' 'sha256-${digest}'`, adminUrl)
  },
}

function pageOf({ page }: Preview, request: RealmRequest, style: string): string {
  const brand = { ...shownBrand(request, request.realm.name), stylesheet: undefined, ...(style !== '' && { style }) }
  const frame: Frame = { brand, language: request.language }
  const form = { frame, action: '#', csrf: '', transaction: '' }
  if (page === 'sign_in') return signIn({ ...form, client: CLIENT, mail: true, recovery: '#', registration: '#' })
  return consent({
    ...form,
    client: { ...CLIENT, firstParty: true },
    scopes: ['openid', 'profile', 'email', 'offline_access'].map((name) => ({ name })),
    redirectUri: LINK,
    account: { email: EMAIL, name: 'Ada' },
  })
}

/** A mail is a document with styles in its elements, which the policy of its page allows: it has nothing else. */
async function mailOf({ realm, brand, issuer }: RealmRequest, language: Language): Promise<string> {
  const parts = { realm: brand.name ?? realm.name, email: EMAIL, url: LINK, expiresAt: EXPIRES_AT, askedFrom: null }
  const letter = recoveryLetter(language, parts)
  return (await dressed(letter, { realm, brand, issuer })).html
}

/** Pages of the server and of the admin listener may embed it. */
function previewReply(html: string, styles: string, adminUrl: string): RealmReply {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${styles}`,
        "img-src 'self' data:",
        "font-src 'self'",
        "form-action 'none'",
        `frame-ancestors 'self' ${new URL(adminUrl).origin}`,
        "base-uri 'none'",
      ].join('; '),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'cross-origin',
    },
    body: html,
  }
}
