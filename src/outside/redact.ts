// Removes secrets from log lines. It checks the name of a field first and then the form of its value, so that a secret
// under a harmless name or inside a message is removed, too. It is allowed to remove more than necessary.

const HIDDEN = '[redacted]'
const DEEPEST = 6
const MOST_ENTRIES = 50
const LONGEST = 8192

const SECRET_NAME =
  /secret|passw|passphrase|pwd|token|authorization|cookie|api_?key|private_?key|master_?key|credential|assertion|verifier|otp|sealed|handle|(?:database|redis|smtp)_?url|dsn|(?:^|_)(?:code|pin|seed|jwt|jwk|body|form|query)$/i
/** Names that look like secrets but are not. */
const OPEN_NAME =
  /(?:_|^)(?:token_type(?:_hint)?|code_challenge_method|api_key_id)$|(?:count|limit|seconds|lifetime|ms)$/i
/** Names of public values that look like secrets. */
const PUBLIC_LONG = /^(?:kid|etag|thumbprint|jkt|event_hash)$/i
const ERROR_CODE = /^(?:[A-Z][A-Z0-9_]{2,40}|[a-z]+(?:_[a-z]+)*|[0-9A-Z]{5})$/

/** A possible secret, hash or encrypted text: at least 40 base64url characters with lower case, upper case and digits. */
const LONG_RUN = /[\w-]{40,}/g
const hideMixed = (run: string) => (/[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) ? HIDDEN : run)

// Each pattern needs linear time: names are bounded, and a match cannot start inside an earlier attempt.
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

/** Removes secrets from a text and cuts it after 8 KiB. */
export function redactText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return SECRET_LOOKS.reduce((result, [look, hidden]) => result.replace(look, hidden), short).replace(
    LONG_RUN,
    hideMixed,
  )
}

/** A path without its query and without segments that look like secrets. */
export function redactPath(path: string): string {
  const end = path.search(/[?#;]/)
  const plain = end < 0 ? path : path.slice(0, end)
  return plain.length < 40 ? plain : plain.slice(0, 512).replace(LONG_RUN, hideMixed)
}

/** Removes secrets from the fields of a log line at any depth. Errors become type, message, code and stack. */
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
