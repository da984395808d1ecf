// What can be wrong with a new password.

/** The problem of a password; `length` is the number of characters that it breaks. */
export type PasswordFlaw =
  | { readonly kind: 'tooShort' | 'tooLong'; readonly length: number }
  | { readonly kind: 'notText' | 'isAddress' | 'isCommon' | 'isBreached' | 'noSpecial' }

/** The problem as the end of a sentence about the password. */
export function sayPasswordFlaw(flaw: PasswordFlaw): string {
  switch (flaw.kind) {
    case 'tooShort':
      return `has fewer than ${flaw.length} characters`
    case 'tooLong':
      return `has more than ${flaw.length} characters`
    case 'notText':
      return 'is not text'
    case 'isAddress':
      return 'is the e-mail address'
    case 'isCommon':
      return 'is one of the first that anybody would try'
    case 'noSpecial':
      return 'has only letters and digits'
    case 'isBreached':
      return 'was in a leak of passwords'
  }
}
