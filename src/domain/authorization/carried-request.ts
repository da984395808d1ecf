// Requests that wait for a person. The browser carries them, encrypted, so that a request of a caller who is not
// authenticated is not stored.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'

const HOUR = 3_600_000
/** How long a request can be read, in hours. */
const READABLE_HOURS = 24
/** The length of a form parameter is limited to 8192 characters. */
const LENGTH_MAX = 8000

/** What kind of request it is; one of a kind cannot be read as another. */
export type CarriedKind =
  | 'authorization_request'
  | 'sign_out_request'
  | 'passkey_ceremony'
  | 'authenticator_enrolment'
  | 'sms_enrolment'
  | 'email_sign_in'

interface Payload<Request> {
  readonly realmId: string
  readonly request: Request
  /** SHA-256 of the secret of the only browser that can use it; null for any browser. */
  readonly browserHash: string | null
  readonly name: string
  readonly createdAt: number
}

/** A request as it is carried. */
export interface Carried<Request> {
  /** The encrypted request, for URLs and forms. */
  readonly id: string
  /** Identifies it in form tokens and in stored progress: SHA-256 of a random name inside. */
  readonly key: string
  readonly request: Request
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

type Needs = Pick<Context, 'clock' | 'crypto' | 'scope'>

/**
 * Encrypts a request for its browser. The key changes every hour: the number of messages under one AES-GCM key is
 * limited (NIST SP 800-38D §8.3), and any caller can have a request encrypted.
 * @param browserSecret of the only browser that can use it; undefined if it is not known yet
 * @throws Failure `invalid_request` for a request that is too long to be carried
 */
export function carry<Request>(
  context: Needs & Pick<Context, 'random'>,
  kind: CarriedKind,
  request: Request,
  browserSecret: string | undefined,
): Carried<Request> {
  const { clock, crypto, random, scope } = context
  const [name, createdAt] = [random.secret(16), clock.now()]
  const browserHash = browserSecret === undefined ? null : crypto.digest(browserSecret)
  const payload: Payload<Request> = { realmId: realmOf(scope).id, request, browserHash, name, createdAt }
  const hour = Math.floor(createdAt / HOUR)
  const id = `${hour.toString(36)}.${crypto.seal(purposeOf(kind, hour), JSON.stringify(payload))}`
  if (id.length > LENGTH_MAX) throw new Failure('invalid_request', 'The request is too long.')
  return { id, key: crypto.digest(name), request, createdAt }
}

/**
 * Reads a request that a browser carries.
 * @param browserSecret of the browser that sends it; undefined if it has none
 * @throws Failure `expired` if it cannot be read or is older than a day, `forbidden` for another browser
 */
export function readCarried<Request>(
  { clock, crypto, scope }: Needs,
  kind: CarriedKind,
  id: string | undefined,
  browserSecret: string | undefined,
): Carried<Request> {
  const payload = id === undefined ? undefined : opened<Request>({ clock, crypto }, kind, id)
  if (id === undefined || payload?.realmId !== realmOf(scope).id) throw new Failure('expired')
  const { request, browserHash, name, createdAt } = payload
  const isOther = browserSecret === undefined || !crypto.equal(crypto.digest(browserSecret), browserHash ?? '')
  if (browserHash !== null && isOther) throw new Failure('forbidden', 'This request was started in another browser.')
  return { id, key: crypto.digest(name), request, createdAt }
}

function opened<Request>(
  { clock, crypto }: Pick<Context, 'clock' | 'crypto'>,
  kind: CarriedKind,
  id: string,
): Payload<Request> | undefined {
  const [, digits = '', sealed = ''] = /^([a-z0-9]{1,8})\.(.+)$/.exec(id) ?? []
  const hour = Number.parseInt(digits, 36)
  const age = Math.floor(clock.now() / HOUR) - hour
  if (!(age >= -1 && age <= READABLE_HOURS)) return undefined
  try {
    return JSON.parse(crypto.open(purposeOf(kind, hour), sealed))
  } catch {
    return undefined
  }
}

function purposeOf(kind: CarriedKind, hour: number): string {
  return `${kind} ${hour}`
}
