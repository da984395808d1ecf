// Says in words which program a User-Agent names.
import { browserIn, UNKNOWN_PROGRAM } from '#domain/session/program.ts'
import { plainText } from './plain-text.ts'

/** The browser and the system, such as `Firefox on Windows`; what the program calls itself where it is neither. */
export function programOf(userAgent: string | null): string {
  return browserIn(userAgent) ?? (plainText(userAgent ?? '', 80) || UNKNOWN_PROGRAM)
}
