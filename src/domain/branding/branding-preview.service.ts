// Makes the addresses at which pages are shown with a draft of a branding. The draft is sealed in the address, so that nothing
// is stored, and only what an administrator was given an address for is shown.
import * as z from 'zod'
import { Failure, flawed } from '#kernel/error.ts'
import { time } from '#kernel/field.ts'
import { LANGUAGE_TAGS, type LanguageTag } from '#language/languages.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { checkFiles } from './branding.service.ts'
import { type Brand, Branding, brandingOwner, inherit } from './branding.ts'

export const PREVIEW_PAGES = ['sign_in', 'consent', 'mail'] as const
export type PreviewPage = (typeof PREVIEW_PAGES)[number]

/** The path of the page below a realm’s base URL. */
export const PREVIEW_PATH = '/branding/preview'
/** For how long an address works, in milliseconds. */
export const PREVIEW_LIFETIME = 600_000

const PURPOSE = 'branding-preview'
/** The longest draft: it is part of an address. */
const DRAFT_MAX = 6000

export const PreviewRequest = z.strictObject({
  ...brandingOwner,
  page: z.enum(PREVIEW_PAGES).default('sign_in').describe('What is shown.'),
  language: z.enum(LANGUAGE_TAGS).default('en').describe('The language of the page.'),
  draft: Branding.default({}).describe('The branding to try, over what is shown now.'),
})

export const PreviewView = z.object({
  url: z.string().describe('Where the page is. It can be embedded in pages of the server and of the admin listener.'),
  expiresAt: time,
  notices: z.array(z.string()).describe('Colors that are shown another way, so that text is readable, in sentences.'),
})

/** What an address shows. */
export interface Preview {
  readonly realmId: string
  readonly page: PreviewPage
  readonly language: LanguageTag
  readonly brand: Brand
  readonly expiresAt: number
}

/**
 * Makes an address that shows a draft.
 * @param effective what is shown now
 * @throws Failure `invalid_input` for a draft that is too long or refers to a file that was not uploaded
 */
export async function openPreview(
  context: Context,
  { page, language, draft }: Pick<z.output<typeof PreviewRequest>, 'page' | 'language' | 'draft'>,
  effective: Branding,
): Promise<{ readonly url: string; readonly expiresAt: number; readonly brand: Brand }> {
  const { crypto, clock, registry, read, scope } = context
  const realm = realmOf(scope)
  await checkFiles(read, draft)
  const { texts, ...brand } = inherit(effective, draft)
  // Only the texts that the page can show.
  const shown = Object.entries(texts ?? {}).filter(([tag]) =>
    [language, realm.defaultLanguage, 'en'].includes(tag as never),
  )
  const preview: Preview = {
    ...{ realmId: realm.id, page, language, expiresAt: clock.now() + PREVIEW_LIFETIME },
    brand: { ...brand, texts: Object.fromEntries(shown) },
  }
  const text = JSON.stringify(preview)
  if (text.length > DRAFT_MAX) {
    const message = 'too long to be shown: a draft with its texts in one language has at most 6000 characters of JSON'
    throw flawed('draft', message)
  }
  const sealed = encodeURIComponent(crypto.seal(PURPOSE, text))
  const url = `${issuerOf(realm, registry.settings)}${PREVIEW_PATH}?draft=${sealed}`
  return { url, expiresAt: preview.expiresAt, brand: preview.brand }
}

/** What an address shows. @throws Failure `expired`, `not_found` for what was not made for the realm */
export function readPreview(
  { crypto, clock, scope }: Pick<Context, 'crypto' | 'clock' | 'scope'>,
  sealed: string | undefined,
): Preview {
  const preview = opened(crypto, sealed)
  if (preview?.realmId !== realmOf(scope).id) throw new Failure('not_found')
  if (preview.expiresAt <= clock.now()) throw new Failure('expired')
  return preview
}

function opened(crypto: Context['crypto'], sealed: string | undefined): Preview | undefined {
  if (sealed === undefined) return undefined
  try {
    return JSON.parse(crypto.open(PURPOSE, sealed)) as Preview
  } catch {
    return undefined
  }
}
