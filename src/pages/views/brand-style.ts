// The stylesheet of a branding: custom properties over those of the main one, and the font of which the tenant has the file.
import { BRANDING_FILES_PATH, type Branding, colorsIn } from '#domain/branding/branding.ts'
import { colorProperties } from '#domain/branding/color.ts'
import { FONT_STACKS, type FontStack } from '#domain/branding/fonts.ts'
import { tokenProperties } from '#domain/branding/tokens.ts'

/** The name of the stylesheet beside the files of brandings. */
export const BRAND_STYLE_PATH = '/assets/branding.css'

const texts = new WeakMap<Branding, string>()

/** The stylesheet of a branding; empty for one that has nothing for it. Values are of schemas, so that none ends its declaration. */
export function brandStyle(brand: Branding): string {
  let text = texts.get(brand)
  if (text === undefined) {
    text = made(brand)
    texts.set(brand, text)
  }
  return text
}

function made({ font, tokens = {}, ...brand }: Branding): string {
  const light = {
    ...fontProperty(font),
    ...tokenProperties(tokens),
    ...colorProperties('light', colorsIn(brand, 'light')),
  }
  const dark = colorProperties('dark', colorsIn(brand, 'dark'))
  return [
    isFile(font) &&
      `@font-face{font-family:"Brand";src:url("${BRANDING_FILES_PATH.split('/').at(-1)}/${font}") format("woff2");font-display:swap}`,
    Object.keys(light).length > 0 && `:root{${declarations(light)}}`,
    Object.keys(dark).length > 0 && `@media (prefers-color-scheme:dark){:root{${declarations(dark)}}}`,
  ]
    .filter(Boolean)
    .join('\n')
}

function fontProperty(font: string | undefined): Record<string, string> {
  if (font === undefined) return {}
  return { font: isFile(font) ? `"Brand", ${FONT_STACKS.system}` : FONT_STACKS[font as FontStack] }
}

function isFile(font: string | undefined): boolean {
  return font?.endsWith('.woff2') === true
}

function declarations(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}
