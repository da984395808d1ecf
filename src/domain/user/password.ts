// Checks new passwords.
import { foldCase } from '#kernel/fold-case.ts'
import { emailKey } from '#kernel/identity-text.ts'

// A password must be long enough and not among the passwords that attackers try first (NIST SP 800-63B §5.1.1.2). There
// are no rules about kinds of characters, because they make passwords more alike.

/** The minimum length of a password, in characters. The policy of a realm may ask for more. */
export const SHORTEST_PASSWORD = 8
const LONGEST = 256

// The most frequent leaked passwords, without those that the rules below refuse.
const COMMON = new Set(
  `password passw0rd p@ssword p@ssw0rd password1 password12 password123 password1234 password! passwort contraseña
  iloveyou iloveyou1 sunshine princess football baseball basketball superman batman123 starwars whatever trustno1
  michelle jennifer jessica1 charlie1 dragon123 monkey123 letmein1 letmein123 welcome1 welcome123 welcome! admin123
  admin1234 administrator root1234 changeme changeme1 changeme123 default1 secret123 test1234 testtest testing123
  guest123 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop qwertz123 qwertzui azerty123 azertyui asdfghjk asdfghjkl
  zxcvbnm1 zxcvbnm123 1q2w3e4r 1q2w3e4r5t q1w2e3r4 1qaz2wsx qazwsxedc zaq12wsx abcd1234 abc12345 a1b2c3d4 aa123456
  abc123456 123456789a 1234qwer 12341234 11223344 11112222 12344321 147258369 789456123 741852963 987654321 87654321
  computer internet samsung1 michael1 computer1 corvette mercedes maverick victoria pokemon1 liverpool chelsea1 arsenal1
  countersign countersign1`.split(/\s+/),
)

/** The normalized form of a password, which is hashed and compared: equal for composed and decomposed characters. */
export function normalPassword(password: string): string {
  return password.normalize('NFC')
}

/** The problem of a password; undefined if it is valid. @param email the address of the user; the fewest characters */
export function flawOfPassword(password: string, email: string, shortest = SHORTEST_PASSWORD): string | undefined {
  if (!password.isWellFormed()) return 'is not text'
  const characters = [...normalPassword(password)]
  if (characters.length < shortest) return `has fewer than ${shortest} characters`
  if (characters.length > LONGEST) return `has more than ${LONGEST} characters`
  const folded = foldCase(password)
  const address = emailKey(email)
  if (folded === address || folded === address.slice(0, address.indexOf('@'))) return 'is the e-mail address'
  if (COMMON.has(folded) || isRow([...folded])) return 'is one of the first that anybody would try'
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
