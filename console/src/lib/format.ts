// Owns how times, numbers and durations are written.
import { texts } from '../texts/texts.ts'

const LANGUAGE = languageOf(navigator.languages)

function languageOf(tags: readonly string[]): string {
  for (const tag of tags) {
    try {
      return Intl.getCanonicalLocales(tag)[0] ?? 'en'
    } catch {
      // Some systems have tags that are none, such as en-US@posix.
    }
  }
  return 'en'
}

const moments = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'medium' })
const days = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
const numbers = new Intl.NumberFormat(LANGUAGE)

const STEPS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [604_800, 'day'],
  [2_629_800, 'week'],
  [31_557_600, 'month'],
  [Number.POSITIVE_INFINITY, 'year'],
]

/** A time with its date, in the browser's zone. */
export const moment = (time: string | number): string => moments.format(new Date(time))

/** A day without its year. */
export const day = (time: string | number): string => days.format(new Date(time))

/** How long ago, or in how long. */
export function ago(time: string | number, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000
  if (Math.abs(seconds) < 10) return texts.time.justNow
  let size = 1
  for (const [below, unit] of STEPS) {
    if (Math.abs(seconds) < below) return relative.format(Math.round(seconds / size), unit)
    size = below
  }
  return moment(time)
}

/** A number with the separators of the language. */
export const number = (value: number): string => numbers.format(value)

/** Seconds in words: 5400 is “1 h 30 min”. */
export function duration(seconds: number): string {
  if (seconds <= 0) return `${seconds} s`
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

/** Whether a text is an address that a link may lead to. */
export const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text)
