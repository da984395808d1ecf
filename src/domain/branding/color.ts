// The colours of a branding, adjusted so that all that is written in them, and on them, is readable (WCAG 2.2 §1.4.3).

type Channels = readonly [red: number, green: number, blue: number]

export const SCHEMES = ['light', 'dark'] as const
export type Scheme = (typeof SCHEMES)[number]

/** What a colour of a branding is for. */
export const COLOR_ROLES = ['primary', 'accent', 'background', 'surface', 'text'] as const
export type ColorRole = (typeof COLOR_ROLES)[number]

/** Colours of a scheme, each `#rrggbb`. */
export type SchemeColors = { readonly [Role in ColorRole]?: string | undefined }

/** The colours of a page, by the custom properties of the stylesheet without their hyphens. */
type Properties = Record<string, string>

/** A colour that is shown another way than it was given. */
export interface Adjusted {
  readonly scheme: Scheme
  readonly role: ColorRole
  readonly given: string
  readonly shown: string
}

interface Ground {
  readonly colors: Readonly<Record<ColorRole, string>>
  readonly muted: string
  readonly control: string
  readonly edge: string
  readonly quiet: string
  /** The text on a button. */
  readonly onPrimary: string
  /** Towards what a text is mixed until it is readable, and towards what a ground is. */
  readonly textEnd: Channels
  readonly groundEnd: Channels
}

const BLACK: Channels = [0, 0, 0]
const WHITE: Channels = [255, 255, 255]

/** The colours of a page without a branding, as the stylesheet has them. */
const GROUNDS: Readonly<Record<Scheme, Ground>> = {
  light: {
    colors: { primary: '#0b5a54', accent: '#0b5a54', background: '#f5f3ed', surface: '#fffefb', text: '#1b2422' },
    ...{ muted: '#56615d', control: '#82857c', edge: '#dedad0', quiet: '#efece4', onPrimary: '#ffffff' },
    ...{ textEnd: BLACK, groundEnd: WHITE },
  },
  dark: {
    colors: { primary: '#7ccdbf', accent: '#7ccdbf', background: '#0e1413', surface: '#181f1d', text: '#e9eeeb' },
    ...{ muted: '#a6b2ad', control: '#76827d', edge: '#2d3734', quiet: '#232c29', onPrimary: '#091412' },
    ...{ textEnd: WHITE, groundEnd: BLACK },
  },
}

/** Text: a little over 4.5:1. */
const TEXT_RATIO = 4.6
/** Text on a button, which is as bright as a ground can be. */
const BUTTON_RATIO = 5.2
/** The edges of controls: a little over 3:1 (WCAG 2.2 §1.4.11). */
const EDGE_RATIO = 3.1
/** A ground and the text of its scheme: what is written in the colours of problems and remarks is readable on it, too. */
const GROUND_RATIO = 11

/** The colours of a scheme as a page shows them: those that were given, adjusted, and those of the server. */
export function shownColors(scheme: Scheme, given: SchemeColors): Readonly<Record<ColorRole, string>> {
  const ground = GROUNDS[scheme]
  const { colors, textEnd, groundEnd, onPrimary } = ground
  const ink = channelsOf(colors.text)
  const groundOf = (role: 'background' | 'surface') =>
    toward(given[role] ?? colors[role], groundEnd, [[ink, GROUND_RATIO]])
  const [background, surface] = [groundOf('background'), groundOf('surface')]
  const readable = [background, surface].map((one) => [channelsOf(one), TEXT_RATIO] as const)
  const text = toward(given.text ?? colors.text, textEnd, readable)
  const button = scheme === 'light' ? onPrimary : colors.surface
  const primary = toward(given.primary ?? colors.primary, textEnd, [[channelsOf(button), BUTTON_RATIO], ...readable])
  const accent = toward(given.accent ?? given.primary ?? colors.accent, textEnd, readable)
  return { primary, accent, background, surface, text }
}

/** The colours that were adjusted. */
export function adjustedColors(scheme: Scheme, given: SchemeColors): Adjusted[] {
  const shown = shownColors(scheme, given)
  return COLOR_ROLES.flatMap((role) => {
    const color = given[role]?.toLowerCase()
    return color === undefined || color === shown[role] ? [] : [{ scheme, role, given: color, shown: shown[role] }]
  })
}

/** The custom properties that follow from the colours of a scheme; what was not given is as the stylesheet has it. */
export function colorProperties(scheme: Scheme, given: SchemeColors): Properties {
  const { textEnd, onPrimary, ...ground } = GROUNDS[scheme]
  const shown = shownColors(scheme, given)
  const has = (...roles: ColorRole[]) => roles.some((role) => given[role] !== undefined)
  const pressed = css(mix(channelsOf(shown.primary), textEnd, 0.18))
  return {
    ...(has('primary') && {
      ...{ accent: shown.primary, 'accent-strong': pressed, 'on-accent': onPrimary, focus: shown.primary },
    }),
    ...(has('primary', 'accent') && { highlight: shown.accent }),
    ...(has('background', 'surface', 'text') && groundProperties(given, shown, { textEnd, onPrimary, ...ground })),
  }
}

function groundProperties(given: SchemeColors, shown: Record<ColorRole, string>, ground: Omit<Ground, 'groundEnd'>) {
  const { background, surface, text } = shown
  const isPlain = given.surface === undefined && given.text === undefined
  const between = (part: number) => css(mix(channelsOf(surface), channelsOf(text), part))
  const quiet = isPlain ? ground.quiet : between(0.06)
  const grounds = [background, surface, quiet].map((one) => [channelsOf(one), TEXT_RATIO] as const)
  return {
    ...{ paper: background, card: surface, text: toward(text, ground.textEnd, grounds), quiet },
    muted: toward(given.text === undefined ? ground.muted : between(0.7), ground.textEnd, grounds),
    control: toward(ground.control, ground.textEnd, [[channelsOf(surface), EDGE_RATIO]]),
    edge: isPlain ? ground.edge : between(0.14),
  }
}

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: Channels, b: Channels): number {
  const [brighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (brighter + 0.05) / (darker + 0.05)
}

/** Mixes a colour towards an end in steps, until it stands out from each other one by its ratio. */
function toward(color: string, end: Channels, from: readonly (readonly [Channels, ratio: number])[]): string {
  const channels = channelsOf(color)
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = mix(channels, end, part)
    if (from.every(([other, ratio]) => contrast(mixed, other) >= ratio)) return css(mixed)
  }
  return css(end)
}

/** The channels of `#rrggbb`. */
export function channelsOf(color: string): Channels {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as unknown as Channels
}

function mix(a: Channels, b: Channels, part: number): Channels {
  const channel = (index: 0 | 1 | 2) => Math.round(a[index] * (1 - part) + b[index] * part)
  return [channel(0), channel(1), channel(2)]
}

function css(color: Channels): string {
  return `#${color.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

function luminance(color: Channels): number {
  const [red, green, blue] = color.map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as unknown as Channels
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
