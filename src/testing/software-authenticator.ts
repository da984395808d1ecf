// A software authenticator with one credential, which answers ceremonies as a browser sends them, or as an attacker would.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** What an answer says instead of what is right. */
export interface Twist {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly challenge?: string
  /** More members of the client data. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** The flags UP, UV, BE and BS of the authenticator data; default: UP and UV, and BE and BS of a synced passkey. */
  readonly flags?: number
  readonly signCount?: number
  readonly userHandle?: string | null
  /** The credential id that the answer names. */
  readonly id?: string
  /** Bytes after the attestation object. */
  readonly trailing?: Uint8Array
  /** Instead of the public key, as a COSE_Key. */
  readonly coseKey?: ReadonlyMap<number, unknown>
  /** Instead of the attestation. */
  readonly attestation?: { readonly fmt: string; readonly attStmt: ReadonlyMap<string, unknown> }
}

/** How a credential is made. */
export interface Model {
  /** Default: ES256. */
  readonly algorithm?: 'ES256' | 'EdDSA' | 'RS256'
  /** Whether it is on several devices. Default: yes. */
  readonly synced?: boolean
  /** Default: the AAGUID of Bitwarden. */
  readonly aaguid?: string
  /** Bits of an RSA key. Default: 2048. */
  readonly modulusLength?: number
}

const [UP, UV, BE, BS, AT] = [1, 4, 8, 16, 64]
const BITWARDEN = 'd548826e-79b4-db40-a3d8-11116f7e8349'

/** An authenticator at one page. */
export class SoftwareAuthenticator {
  readonly id: string = randomBytes(32).toString('base64url')
  signCount = 0
  readonly #origin: string
  readonly #model: Model
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject }
  #userHandle = ''

  /** @param origin of the page */
  constructor(origin: string, model: Model = {}) {
    this.#origin = origin
    this.#model = model
    this.#keys = keysOf(model)
  }

  /** The JSON of a browser that made the credential. */
  create(options: { readonly challenge: string; readonly user: { readonly id: string } }, twist: Twist = {}): string {
    this.#userHandle = options.user.id
    const clientDataJSON = this.#clientData('webauthn.create', options.challenge, twist)
    const id = Buffer.from(twist.id ?? this.id, 'base64url')
    const aaguid = Buffer.from((this.#model.aaguid ?? BITWARDEN).replaceAll('-', ''), 'hex')
    const length = Buffer.from([id.length >> 8, id.length & 255])
    const key = isoCBOR.encode((twist.coseKey ?? coseOf(this.#keys.publicKey)) as never)
    const authData = Buffer.concat([this.#authenticatorData(twist, AT), aaguid, length, id, key])
    const { fmt, attStmt } = twist.attestation ?? { fmt: 'none', attStmt: new Map() }
    const object = isoCBOR.encode(
      new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', new Uint8Array(authData)],
      ]) as never,
    )
    const attestationObject = Buffer.concat([object, twist.trailing ?? new Uint8Array()]).toString('base64url')
    return JSON.stringify({
      ...{ id: twist.id ?? this.id, rawId: twist.id ?? this.id, type: 'public-key', clientExtensionResults: {} },
      response: { clientDataJSON, attestationObject, transports: ['internal', 'hybrid'] },
    })
  }

  /** The JSON of a browser that used the credential. */
  get(options: { readonly challenge: string }, twist: Twist = {}): string {
    const clientDataJSON = this.#clientData('webauthn.get', options.challenge, twist)
    const authenticatorData = this.#authenticatorData(twist, 0)
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()
    const algorithm = this.#model.algorithm === 'EdDSA' ? null : 'sha256'
    const signature = sign(algorithm, Buffer.concat([authenticatorData, hash]), this.#keys.privateKey)
    const userHandle = twist.userHandle === undefined ? this.#userHandle : twist.userHandle
    return JSON.stringify({
      ...{ id: twist.id ?? this.id, rawId: twist.id ?? this.id, type: 'public-key', clientExtensionResults: {} },
      response: {
        clientDataJSON,
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle,
      },
    })
  }

  #clientData(type: string, challenge: string, twist: Twist): string {
    const data = {
      type: twist.type ?? type,
      challenge: twist.challenge ?? challenge,
      origin: twist.origin ?? this.#origin,
      crossOrigin: false,
      ...twist.clientData,
    }
    return Buffer.from(JSON.stringify(data)).toString('base64url')
  }

  #authenticatorData(twist: Twist, more: number): Buffer {
    const rpId = twist.rpId ?? new URL(this.#origin).hostname
    const flags = twist.flags ?? UP | UV | (this.#model.synced === false ? 0 : BE | BS)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(twist.signCount ?? this.signCount)
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags | more]), count])
  }
}

/** The public key of an algorithm as a COSE_Key (RFC 9053 §7, RFC 8230 §4). */
export function coseOf(key: KeyObject): Map<number, unknown> {
  const { kty, x, y, n, e } = key.export({ format: 'jwk' })
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64url'))
  const entries: [number, unknown][] =
    kty === 'EC'
      ? [
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(x)],
          [-3, bytes(y)],
        ]
      : kty === 'OKP'
        ? [
            [1, 1],
            [3, -8],
            [-1, 6],
            [-2, bytes(x)],
          ]
        : [
            [1, 3],
            [3, -257],
            [-1, bytes(n)],
            [-2, bytes(e)],
          ]
  return new Map(entries)
}

function keysOf({ algorithm = 'ES256', modulusLength = 2048 }: Model) {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}
