// The terms of a realm that people accept, and the rules for who has to.
import * as z from 'zod'
import { label } from '#kernel/field.ts'
import { LANGUAGE_TAGS, type LanguageTag } from '#language/languages.ts'

/** How many versions a realm keeps in its policy. */
const VERSIONS_MAX = 6

const address = z.url({ protocol: /^https$/ }).max(250)

const UrlByLanguage = z
  .strictObject(
    Object.fromEntries(LANGUAGE_TAGS.map((tag) => [tag, address.optional()])) as Record<
      LanguageTag,
      z.ZodOptional<typeof address>
    >,
  )
  .refine((urls) => Object.values(urls).some((url) => url !== undefined), 'has no address')

/** One version of the terms. */
export const TermsVersion = z.strictObject({
  version: label(50).describe('What people read as the name of the version, such as 2026-11.'),
  url: UrlByLanguage.describe(
    'Where the text is, by language. The default language of the realm stands in for a missing one.',
  ),
  required: z
    .boolean()
    .default(true)
    .describe('Whether people who accepted an older version are asked again. New accounts always are.'),
})
export type TermsVersion = z.output<typeof TermsVersion>

/** The versions of the terms, oldest first: the last one is in force. */
export const Terms = z
  .array(TermsVersion)
  .max(VERSIONS_MAX)
  .superRefine((versions, issue) => {
    const seen = new Set<string>()
    for (const [index, { version }] of versions.entries()) {
      if (seen.has(version)) issue.addIssue({ code: 'custom', path: [index, 'version'], message: 'given twice' })
      seen.add(version)
    }
  })

type Versions = { readonly terms: readonly TermsVersion[] }

/** The version in force; undefined for none. */
export function currentTerms({ terms }: Versions): TermsVersion | undefined {
  return terms.at(-1)
}

/**
 * The versions of which a person has to have accepted one: the newest that is required, and those after it. Empty if no
 * version is required.
 */
export function acceptableVersions({ terms }: Versions): string[] {
  const since = terms.findLastIndex(({ required }) => required)
  return since < 0 ? [] : terms.slice(since).map(({ version }) => version)
}

/** Where the text of a version is, for a reader of a language. */
export function addressOf({ url }: TermsVersion, language: LanguageTag, fallback: LanguageTag): string {
  return url[language] ?? url[fallback] ?? Object.values(url).find((one) => one !== undefined) ?? ''
}
