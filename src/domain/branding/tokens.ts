// The design tokens of a branding: custom properties of the stylesheet, each with a type and bounds, so that no value can
// end its declaration, load anything or make a page unusable.
import * as z from 'zod'

const PIXELS_PER_REM = 16

/** A length in `px` or `rem`. @param least in pixels @param most in pixels */
function length(least: number, most: number, what: string) {
  const bounds = `${least}px to ${most}px, or as much in rem`
  return z
    .string()
    .max(12)
    .refine((text) => {
      const [, number = '', unit] = /^(\d{1,3}(?:\.\d{1,3})?)(px|rem)$/.exec(text) ?? []
      const pixels = Number(number) * (unit === 'rem' ? PIXELS_PER_REM : 1)
      return unit !== undefined && pixels >= least && pixels <= most
    }, `a length of ${bounds}`)
    .describe(`${what}: a length of ${bounds}.`)
}

/** The schema of each token, and the words that some have instead of a value of CSS. */
const tokens = {
  radius: length(0, 48, 'The corners of the card'),
  corner: length(0, 32, 'The corners of fields, buttons and remarks'),
  gap: length(8, 48, 'The space between blocks'),
  padding: length(16, 80, 'The space at the sides of the card on wide screens'),
  width: length(320, 720, 'The width of the card at most'),
  border: length(0, 4, 'The edge of the card'),
  size: length(14, 22, 'The size of text'),
  leading: z.number().min(1.2).max(2).describe('The height of a line of text, as a multiple of its size: 1.2 to 2.'),
  heading: length(20, 48, 'The size of the heading'),
  weight: z.number().int().min(400).max(900).describe('The weight of headings and buttons: 400 to 900.'),
  emblem: length(16, 96, 'The height of the logo'),
  shadow: z.enum(['none', 'soft', 'strong']).describe('The shadow of the card.'),
  band: z.enum(['shown', 'hidden']).describe('The band above the name.'),
  motion: z.enum(['normal', 'none']).describe('Whether colors of controls change gradually.'),
}

/** The design tokens; each is optional. */
export const Tokens = z.strictObject(tokens).partial()
export type Tokens = z.output<typeof Tokens>

const WORDS: Readonly<Record<string, string>> = {
  'shadow none': 'none',
  'shadow soft': '0 1px 2px rgb(0 0 0 / 8%), 0 6px 18px -8px rgb(0 0 0 / 18%)',
  'shadow strong': '0 2px 4px rgb(0 0 0 / 16%), 0 24px 48px -12px rgb(0 0 0 / 40%)',
  'band shown': 'block',
  'band hidden': 'none',
  'motion normal': '120ms',
  'motion none': '0s',
}

/** The custom properties of tokens, by their names without hyphens. */
export function tokenProperties(given: Tokens): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, WORDS[`${name} ${value}`] ?? String(value)]),
  )
}
