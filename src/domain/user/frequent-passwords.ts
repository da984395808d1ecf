// The passwords that attackers try first. They are loaded with the first new password.
import { dictionary } from '@zxcvbn-ts/language-common'

// Frequent ones of other keyboards and languages, and the name of the product, which the list lacks.
const MORE = `p@ssword contraseña welcome! admin1234 root1234 changeme123 guest123 qwertz123 qwertzui 12341234 countersign
  countersign1`

/** About fifty thousand leaked passwords, the most frequent first, in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set([
  ...(dictionary['passwords-common'] as readonly string[]),
  ...MORE.split(/\s+/),
])
