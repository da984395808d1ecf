// Failures in SCIM’s words (RFC 7644 §3.12).
import { type ErrorCode, Failure } from '#kernel/error.ts'

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** The kinds of a bad request (RFC 7644 §3.12, table 9). */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'

/** Bad input of a kind that SCIM has a word for. */
export class ScimFailure extends Failure {
  readonly scimType: ScimType

  /** @param message a sentence for the caller */
  constructor(scimType: ScimType, message: string) {
    super('invalid_input', message)
    this.scimType = scimType
  }
}

/** An error’s body. */
export interface ErrorBody {
  readonly schemas: readonly string[]
  readonly status: string
  readonly scimType?: string
  readonly detail: string
}

const TYPES: Partial<Record<ErrorCode, string>> = {
  invalid_request: 'invalidSyntax',
  invalid_input: 'invalidValue',
  circular_nesting: 'invalidValue',
  already_exists: 'uniqueness',
}

// What SCIM calls the members of the operations’ inputs.
const NAMES: Readonly<Record<string, string>> = {
  email: 'emails.value',
  username: 'userName',
  givenName: 'name.givenName',
  familyName: 'name.familyName',
  reportsTo: 'manager',
  phone: 'phoneNumbers.value',
  employeeId: 'employeeNumber',
  attributes: 'all attributes together',
}

/** A failure as an error’s body. */
export function errorBody(failure: Failure): ErrorBody {
  const { code, status, message, detail } = failure
  const scimType = failure instanceof ScimFailure ? failure.scimType : TYPES[code]
  const flaws = detail.flaws?.map((flaw) => {
    const [first = '', ...rest] = flaw.path.split('.')
    return `${[NAMES[first] ?? first, ...rest].join('.') || 'body'}: ${flaw.message}`
  })
  return {
    schemas: [ERROR_SCHEMA],
    status: String(status),
    ...(scimType && { scimType }),
    detail: flaws?.join('; ') || message,
  }
}
