// The accent colour, the only part of the stylesheet that a realm can change, adjusted so that it is readable in both
// themes.

type Colour = readonly [red: number, green: number, blue: number]

const white: Colour = [255, 255, 255]
const night: Colour = [24, 31, 29]
const ink: Colour = [9, 20, 18]

/** The accent's six lower-case hexadecimal digits if it is a `#rrggbb` colour, else undefined. */
export function accentDigits(accent: string | undefined): string | undefined {
  return accent && /^#[0-9a-f]{6}$/i.test(accent) ? accent.slice(1).toLowerCase() : undefined
}

/**
 * The stylesheet of an accent: a few custom properties over those of the main one. The colour is darkened for the light
 * theme and lightened for the dark one until text in it and on it reaches 4.5:1 (WCAG 2.2 §1.4.3).
 * @param digits six hexadecimal digits, as from {@link accentDigits}
 */
export function accentStyle(digits: string): string {
  const colour = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)) as unknown as Colour
  const light = shade(colour, white, [0, 0, 0])
  const dark = shade(colour, night, white)
  return `:root{${properties(light, white)}}
@media (prefers-color-scheme:dark){:root{${properties(dark, ink)}}}
`
}

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: Colour, b: Colour): number {
  const [brighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (brighter + 0.05) / (darker + 0.05)
}

function properties(colour: Colour, on: Colour): string {
  const pressed = mix(colour, on === white ? [0, 0, 0] : white, 0.18)
  return `--accent:${css(colour)};--accent-strong:${css(pressed)};--on-accent:${css(on)};--focus:${css(colour)}`
}

/** Mixes `colour` towards `end` in steps until it stands out from `ground` by 5.2:1, a little over what is needed. */
function shade(colour: Colour, ground: Colour, end: Colour): Colour {
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = mix(colour, end, part)
    if (contrast(mixed, ground) >= 5.2) return mixed
  }
  return end
}

function mix(a: Colour, b: Colour, part: number): Colour {
  const channel = (index: 0 | 1 | 2) => Math.round(a[index] * (1 - part) + b[index] * part)
  return [channel(0), channel(1), channel(2)]
}

function css(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as unknown as Colour
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
