// What a tenant, a realm, an organization or a client shows of itself on hosted pages and in mails.
import * as z from 'zod'
import { idOf, ifVersion, label, time } from '#kernel/field.ts'
import { LANGUAGE_TAGS, type LanguageTag } from '#language/languages.ts'
import { adjustedColors, SCHEMES, type Scheme, type SchemeColors } from './color.ts'
import { FONT_STACK_NAMES } from './fonts.ts'
import { Tokens } from './tokens.ts'

/** What can have a branding, from the outermost to the innermost: each inherits what it does not have itself. */
export const BRANDING_LEVELS = ['tenant', 'realm', 'organization', 'client'] as const
export type BrandingLevel = (typeof BRANDING_LEVELS)[number]

/** The address below a realm’s base URL of an uploaded file. */
export const BRANDING_FILES_PATH = '/assets/branding'

const IMAGE_FILE = /^[0-9a-f]{64}\.(png|jpg|webp|svg)$/
const FONT_FILE = /^[0-9a-f]{64}\.woff2$/
const DATA_IMAGE = /^data:image\/(png|jpeg|webp|gif|svg\+xml)(;base64)?,[\w!$&'()*+,;=:@/?%.~-]+$/

/** Whether a logo is a `data:` URL, as tenants can have it. */
export function isDataImage(logo: string): boolean {
  return DATA_IMAGE.test(logo)
}

const color = z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a color as #rrggbb')
const schemeColors = z.strictObject({
  primary: color.describe('Buttons, links and the focus.'),
  accent: color.describe('The band and the name in a heading.'),
  background: color.describe('Behind the card.'),
  surface: color.describe('The card and the fields.'),
  text: color.describe('Text.'),
})
const image = z.string().max(80).regex(IMAGE_FILE, 'must be the name of an uploaded image')
const page = z.string().max(500).refine(isWebPage, 'must be an https URL')
const contact = z
  .string()
  .max(500)
  .refine(
    (text) => isWebPage(text) || /^mailto:[^\s?@"<>]+@[^\s?@"<>]+$/.test(text),
    'must be an https or a mailto URL',
  )

const texts = z.strictObject({
  headline: label(80).describe('The heading of the sign-in page.'),
  intro: label(300).describe('What stands below it.'),
  privacy: page.describe('The privacy policy: an https URL, linked at the foot.'),
  terms: page.describe('The terms: an https URL, linked at the foot.'),
  support: contact.describe('Where people get help: an https or a mailto URL, linked at the foot.'),
})
export type BrandingTexts = { readonly [Name in keyof z.output<typeof texts>]?: string | undefined }

const textsByLanguage = Object.fromEntries(LANGUAGE_TAGS.map((tag) => [tag, texts.partial()])) as Record<
  LanguageTag,
  ReturnType<typeof texts.partial>
>

const members = {
  name: label(60).describe('The name that pages and mails show instead of that of the realm.'),
  logo: image.describe('The file of the logo.'),
  favicon: image.describe('The file of the icon of the browser’s tab.'),
  color: color.describe('One color for both schemes, where primary is not given.'),
  accent: color.describe('One color for both schemes, where accent is not given.'),
  colors: z
    .strictObject({ light: schemeColors.partial(), dark: schemeColors.partial() })
    .partial()
    .describe('The colors of the light and of the dark scheme, each as #rrggbb.'),
  font: z
    .string()
    .max(80)
    .refine(isFont, `must be ${FONT_STACK_NAMES.join(', ')}, or the name of an uploaded font`)
    .describe(`The font: ${FONT_STACK_NAMES.join(', ')}, or the file of an uploaded WOFF2.`),
  tokens: Tokens.describe('Design tokens: custom properties of the stylesheet. Nothing else of CSS is accepted.'),
  texts: z.strictObject(textsByLanguage).partial().describe('Texts and links by language.'),
}

/** The members of a branding. */
export const BRANDING_MEMBERS = Object.keys(members) as (keyof typeof members)[]

/** A branding: whatever is left out is inherited. */
export const Branding = z.strictObject(members).partial()
export type Branding = z.output<typeof Branding>

type Nullable = { [Name in keyof typeof members]: z.ZodOptional<z.ZodNullable<(typeof members)[Name]>> }

/** The members of a branding in an input; null removes one, so that it is inherited. */
export const brandingPatch = Object.fromEntries(
  Object.entries(members).map(([name, member]) => [name, member.nullable().optional()]),
) as Nullable

/** Which branding of a realm is meant: that of the realm, unless one of its organizations or clients is named. */
export const brandingOwner = {
  clientId: idOf('client').optional().describe('The client whose branding it is.'),
  organizationId: idOf('organization').optional().describe('The organization whose branding it is.'),
}

/** The input for a change of a branding. */
export const BrandingPatch = z.strictObject({ ...brandingPatch, ifVersion })
/** The input for a change of the branding of a realm, an organization or a client. */
export const RealmBrandingPatch = z.strictObject({ ...brandingOwner, ...brandingPatch, ifVersion })
export type RealmBrandingPatch = z.output<typeof RealmBrandingPatch>

// A tenant may have a `data:` URL.
const shown = Branding.extend({ logo: z.string() }).partial()

/** A branding in admin responses. */
export const BrandingView = z.object({
  level: z.enum(BRANDING_LEVELS),
  own: shown.describe('What was given for it.'),
  effective: shown.describe('What is shown: its own, and what it inherits.'),
  logoUrl: z
    .string()
    .nullable()
    .optional()
    .describe('Where the logo that is shown is; null for none. Absent for a tenant, whose realms have it each.'),
  notices: z.array(z.string()).describe('Colors that are shown another way, so that text is readable, in sentences.'),
  version: z.number().int(),
  updatedAt: time.nullable(),
})
export type BrandingView = z.output<typeof BrandingView>

/** What is shown of a place. */
export interface Brand extends Branding {
  /** The tenant’s name; undefined for the first tenant, which is the operator’s. */
  readonly tenant?: string
  /** How the stylesheet is asked for besides the realm, for an organization or a client. */
  readonly of?: Readonly<Record<string, string>>
}

/** The members of a JSON object that are those of a branding. What an older version accepted is left out. */
export function readBranding(object: Readonly<Record<string, unknown>>): Branding {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, member]) => {
      const value = object[name]
      const isShown = member.safeParse(value).success || (name === 'logo' && isText(value) && isDataImage(value))
      return isShown ? [[name, value]] : []
    }),
  )
}

/** What is wrong with the members of a JSON object that are those of a branding. */
export function flawsOfBranding(object: Readonly<Record<string, unknown>>) {
  return Object.entries(members).flatMap(([name, member]) => {
    const value = object[name]
    if (value === undefined || (name === 'logo' && isText(value) && isDataImage(value))) return []
    const { error } = member.safeParse(value)
    return (error?.issues ?? []).map(({ path, message }) => ({ path: [name, ...path], message }))
  })
}

/** What an inner branding shows that inherits from an outer one: colours, tokens and texts one by one. */
export function inherit<Outer extends Branding>(outer: Outer, inner: Branding): Outer & Branding {
  return { ...outer, ...merged(outer as Values, withColor(inner) as Values, 3) } as Outer & Branding
}

type Values = Readonly<Record<string, unknown>>

// The single colours of an inner branding go over those of both schemes of an outer one.
function withColor({ color: one, accent, ...branding }: Branding): Branding {
  if ((one ?? accent) === undefined) return branding
  const { light, dark } = branding.colors ?? {}
  const both = bothSchemes({ color: one, accent })
  return { ...branding, colors: { light: { ...both, ...light }, dark: { ...both, ...dark } } }
}

function bothSchemes({ color: primary, accent }: Branding): SchemeColors {
  return { ...(primary && { primary }), ...(accent && { accent }) }
}

function merged(outer: Values, inner: Values, depth: number): Values {
  const both = { ...outer }
  for (const [name, value] of Object.entries(inner)) {
    if (value === undefined) continue
    const before = both[name]
    both[name] = depth > 1 && isObject(before) && isObject(value) ? merged(before, value, depth - 1) : value
  }
  return both
}

/** The colours that a branding gives for a scheme. */
export function colorsIn(branding: Branding, scheme: Scheme): SchemeColors {
  return { ...bothSchemes(branding), ...branding.colors?.[scheme] }
}

/** The texts of a branding in a language; those that it has not are of another one. */
export function textsIn({ texts: all }: Branding, languages: readonly string[]): BrandingTexts {
  const found = languages.map((tag) => all?.[tag as keyof typeof all] ?? {})
  return Object.assign({}, ...found.reverse())
}

/** The uploaded files that a branding refers to. */
export function filesOf({ logo, favicon, font }: Branding): string[] {
  return [logo, favicon, font].filter((file): file is string => isText(file) && /^[0-9a-f]{64}\./.test(file))
}

/** Which colours are shown another way than they were given, in sentences. */
export function noticesOf(branding: Branding): string[] {
  return SCHEMES.flatMap((scheme) => adjustedColors(scheme, colorsIn(branding, scheme))).map(
    ({ scheme, role, given, shown: as }) =>
      `colors.${scheme}.${role}: ${given} is shown as ${as}, so that text is readable.`,
  )
}

function isWebPage(text: string): boolean {
  if (!/^https:\/\/[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

function isFont(text: string): boolean {
  return (FONT_STACK_NAMES as readonly string[]).includes(text) || FONT_FILE.test(text)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
