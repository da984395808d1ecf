// Checks new passwords.
import { foldCase } from '#kernel/fold-case.ts'
import { emailKey } from '#kernel/identity-text.ts'
import type { PasswordFlaw } from '#kernel/password-flaw.ts'

// A password must be long enough and not among the passwords that attackers try first (NIST SP 800-63B §5.1.1.2). There
// are no rules about kinds of characters, because they make passwords more alike.

/** The minimum length of a password, in characters. The policy of a realm may ask for more. */
export const SHORTEST_PASSWORD = 8
const LONGEST = 256

/** The normalized form of a password, which is hashed and compared: equal for composed and decomposed characters. */
export function normalPassword(password: string): string {
  return password.normalize('NFC')
}

/** What a new password is compared with besides the address. */
export interface PasswordRules {
  /** The fewest characters. Default: {@link SHORTEST_PASSWORD}. */
  readonly shortest?: number | undefined
  /** The passwords that are tried first, in lower case. */
  readonly common: ReadonlySet<string>
}

/** The problem of a password; undefined if it is valid. @param email the address of the user */
export function flawOfPassword(password: string, email: string, rules: PasswordRules): PasswordFlaw | undefined {
  if (!password.isWellFormed()) return { kind: 'notText' }
  const { shortest = SHORTEST_PASSWORD, common } = rules
  const characters = [...normalPassword(password)]
  if (characters.length < shortest) return { kind: 'tooShort', length: shortest }
  if (characters.length > LONGEST) return { kind: 'tooLong', length: LONGEST }
  const folded = foldCase(password)
  const address = emailKey(email)
  if (folded === address || folded === address.slice(0, address.indexOf('@'))) return { kind: 'isAddress' }
  if (common.has(folded) || isRow([...folded])) return { kind: 'isCommon' }
  return undefined
}

/** Whether each character follows from the previous one by the same step: aaaaaaaa, 12345678, hgfedcba. */
function isRow(characters: readonly string[]): boolean {
  const points = characters.map((character) => character.codePointAt(0) as number)
  const step = (points[1] as number) - (points[0] as number)
  return (
    Math.abs(step) <= 1 && points.every((point, index) => index === 0 || point - (points[index - 1] as number) === step)
  )
}
