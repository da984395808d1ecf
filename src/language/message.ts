// What messages are made of: texts with parts in them, and forms for numbers.
import { LANGUAGES, type LanguageTag } from './languages.ts'

/** A message with parts that are not text yet, such as a name in a page. */
export type Mixed<Part> = readonly (string | Part)[]

/** Tagged template for a message with parts, in the order of its language. */
export function mixed<Part>(strings: TemplateStringsArray, ...parts: Part[]): Mixed<Part> {
  return strings
    .flatMap((text, index) => (index < parts.length ? [text, parts[index] as Part] : [text]))
    .filter(isShown)
}

function isShown(part: unknown): boolean {
  return part !== ''
}

/** The forms that whole numbers up to 1000 have in each language (Unicode CLDR, Language Plural Rules). */
const FORMS = {
  en: ['one', 'other'],
  de: ['one', 'other'],
  es: ['one', 'other'],
  fr: ['one', 'other'],
  it: ['one', 'other'],
  nl: ['one', 'other'],
  pl: ['one', 'few', 'many'],
  pt: ['one', 'other'],
  zh: ['other'],
  ja: ['other'],
  ar: ['zero', 'one', 'two', 'few', 'many', 'other'],
} as const satisfies Readonly<Record<LanguageTag, readonly Intl.LDMLPluralRule[]>>

type FormsOf<Tag extends LanguageTag> = Readonly<Record<(typeof FORMS)[Tag][number], string>>

/** The forms of a language, for tests. */
export const PLURAL_FORMS: Readonly<Record<LanguageTag, readonly Intl.LDMLPluralRule[]>> = FORMS

/**
 * What chooses the form of a message for a number, in one language.
 * @returns a function of a number and the forms, in which `#` stands for the number
 */
export function pluralOf<Tag extends LanguageTag>(tag: Tag): (count: number, forms: FormsOf<Tag>) => string {
  let rules: Intl.PluralRules | undefined
  let numbers: Intl.NumberFormat | undefined
  return (count, forms) => {
    rules ??= new Intl.PluralRules(LANGUAGES[tag].locale)
    numbers ??= new Intl.NumberFormat(LANGUAGES[tag].locale)
    const known: Partial<Record<string, string>> = forms
    const text = known[rules.select(count)] ?? known.other ?? known.many ?? ''
    return text.replace('#', numbers.format(count))
  }
}
