// What may stand in a log line. Names decide first, then the looks of the value, so that a secret under an innocent name
// or in the middle of a message is caught as well. Rather a line too poor than a secret told.

const HIDDEN = '[redacted]'
const DEEPEST = 6
const MOST_ENTRIES = 50
const LONGEST = 8192

const SECRET_NAME =
  /secret|passw|passphrase|pwd|token|authorization|cookie|api_?key|private_?key|master_?key|credential|assertion|verifier|otp|sealed|handle|(?:database|redis|smtp)_?url|dsn|(?:^|_)(?:code|pin|seed|jwt|jwk|body|form|query)$/i
/** Names that look secret but are not. */
const OPEN_NAME =
  /(?:_|^)(?:token_type(?:_hint)?|code_challenge_method|api_key_id)$|(?:count|limit|seconds|lifetime|ms)$/i
/** Public values as long and mixed as a secret. */
const PUBLIC_LONG = /^(?:kid|etag|thumbprint|jkt|event_hash)$/i
const ERROR_CODE = /^(?:[A-Z][A-Z0-9_]{2,40}|[a-z]+(?:_[a-z]+)*|[0-9A-Z]{5})$/

/** A run that may be a generated secret, a hash or a sealed text: 40 or more base64url characters, of all three kinds. */
const LONG_RUN = /[\w-]{40,}/g
const hideMixed = (run: string) => (/[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) ? HIDDEN : run)

// Each takes time linear in the text: bounded names, and starts that cannot lie inside an earlier try.
const SECRET_LOOKS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, HIDDEN],
  [/(?<![\w-])eyJ[\w-]+(?:\.[\w-]*)+/g, HIDDEN],
  [/\$(?:argon2|2[abxy]\$|scrypt|pbkdf2)[^\s"']*/g, HIDDEN],
  [/\b(Bearer|Basic|DPoP)\s{1,8}[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [/\b[sz]k_[a-z]{1,20}_[\w-]+/g, HIDDEN],
  [/:\/\/[^/\s@"']*@/g, `://${HIDDEN}@`],
  [
    /\b([\w-]{0,40}(?:secret|passw\w{0,20}|token|assertion|verifier|api_?key|bootstrap|invitation)|(?:user_|device_)?code|otp|state|nonce)(=|":\s{0,8}")[^&\s"']+/gi,
    `$1$2${HIDDEN}`,
  ],
]

/** A text with what looks like a secret taken out, and cut where it is longer than 8 KiB. */
export function redactText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return SECRET_LOOKS.reduce((result, [look, hidden]) => result.replace(look, hidden), short).replace(
    LONG_RUN,
    hideMixed,
  )
}

/** A path without its query and without segments that look like a secret. */
export function redactPath(path: string): string {
  const end = path.search(/[?#;]/)
  const plain = end < 0 ? path : path.slice(0, end)
  return plain.length < 40 ? plain : plain.slice(0, 512).replace(LONG_RUN, hideMixed)
}

/** The fields of a log line with every secret taken out, at any depth. Errors become type, message, code and stack. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, 0)
}

function redactObject(object: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(object).slice(0, MOST_ENTRIES)
  return Object.fromEntries(entries.map(([name, value]) => [name, redactNamed(name, value, depth)]))
}

function redactNamed(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value
  if (typeof value === 'string') {
    if (PUBLIC_LONG.test(name) && value.length <= 64) return value
    if (name === 'code' && ERROR_CODE.test(value)) return value
  }
  return SECRET_NAME.test(name) && !OPEN_NAME.test(name) ? HIDDEN : redactValue(value, depth)
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if (depth >= DEEPEST) return '[deep]'
  if (value instanceof Error) return redactError(value, depth + 1)
  if (value instanceof Date || value instanceof URL) return redactText(String(value))
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((item) => redactValue(item, depth + 1))
  if (value instanceof Map) return redactObject(Object.fromEntries(value), depth + 1)
  if (value instanceof Set) return redactValue([...value], depth)
  return redactObject(value, depth + 1)
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    message: redactText(message),
    ...(typeof code === 'string' && ERROR_CODE.test(code) ? { code } : {}),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth) }),
    ...(error instanceof AggregateError ? { errors: redactValue(error.errors, depth) } : {}),
  }
}
