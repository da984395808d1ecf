// Owns the key store of PKCS#11 tokens, such as hardware security modules. Private keys never leave the token.
import { createPublicKey, hash, randomBytes } from 'node:crypto'
import type { SigningAlgorithm } from '#domain/outside.ts'
import { CryptokiError, type Module, openModule, openSession, slotOf } from './cryptoki.ts'
import type { KeyStoreSettings } from './key-store-settings.ts'
import { ed25519PublicKey, publicJwkOf } from './local-keys.ts'
import { KeyStoreError, type OutsideKeys } from './outside-keys.ts'

/** The settings of the store. */
export type Pkcs11Settings = Pick<KeyStoreSettings, 'pkcs11TokenLabel' | 'pkcs11Pin'> & {
  readonly pkcs11Module: string
}

type Session = number | bigint
type ObjectHandle = number | bigint

/** Sessions at once: a token signs with each of them at the same time. */
const SESSIONS_MOST = 8
const ID_BYTES = 16
const LONG_BYTES = 8

const CLASS = { publicKey: 2, privateKey: 3 } as const
const ATTRIBUTE = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const
type Attribute = keyof typeof ATTRIBUTE

/** How each algorithm makes keys and signs. ECDSA gets a digest, and returns R and S, as JWS wants them. */
const MECHANISMS = {
  ES256: { generate: 0x1040, sign: 0x1041, signatureBytes: 64 },
  RS256: { generate: 0x0, sign: 0x40, signatureBytes: 512 },
  EdDSA: { generate: 0x1055, sign: 0x1057, signatureBytes: 64 },
} as const satisfies Record<SigningAlgorithm, object>

/** The names of the curves in DER: prime256v1 (RFC 5480), and edwards25519 as PKCS #11 v3.0 writes it. */
const CURVES = {
  ES256: Buffer.from('06082a8648ce3d030107', 'hex'),
  EdDSA: Buffer.from('130c656477617264733235353139', 'hex'),
} as const

/**
 * The key store on a token. The handle of a key is its CKA_ID; keys are not extractable.
 * @throws ConfigurationError if the module cannot be loaded
 */
export async function createPkcs11Keys({ pkcs11Module, ...settings }: Pkcs11Settings): Promise<OutsideKeys> {
  const module = await openModule(pkcs11Module)
  const sessions = new Sessions(module, settings)
  return {
    generate: (algorithm) => sessions.use((session) => generate(module, session, algorithm)),
    signer: async (handle, algorithm) => {
      let known: Promise<ObjectHandle> | undefined
      return (input) =>
        sessions.use(async (session) => {
          known ??= find(module, session, handle, CLASS.privateKey)
          try {
            return await sign(module, session, { key: await known, algorithm, input })
          } catch (error) {
            known = undefined
            throw error
          }
        })
    },
    remove: (handle) =>
      sessions.use(async (session) => {
        for (const kind of [CLASS.privateKey, CLASS.publicKey]) {
          await module.call('C_DestroyObject', session, await find(module, session, handle, kind))
        }
      }),
    check: () => sessions.use(() => slotOf(module, settings.pkcs11TokenLabel ?? '')).then(() => {}),
  }
}

/** The sessions of a token. Each is used by one caller at a time; the others wait. */
class Sessions {
  readonly #module: Module
  readonly #settings: Pick<Pkcs11Settings, 'pkcs11TokenLabel' | 'pkcs11Pin'>
  readonly #free: Session[] = []
  readonly #waiting: (() => void)[] = []
  #used = 0

  constructor(module: Module, settings: Pick<Pkcs11Settings, 'pkcs11TokenLabel' | 'pkcs11Pin'>) {
    this.#module = module
    this.#settings = settings
  }

  /** Does some work with a session; once more with a new one where the session had ended. */
  async use<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    if (this.#used >= SESSIONS_MOST) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#used++
    try {
      return await this.#once(work).catch((error) => {
        if (error instanceof CryptokiError && error.endsSession) return this.#once(work)
        throw error
      })
    } finally {
      this.#used--
      this.#waiting.shift()?.()
    }
  }

  async #once<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    const session = this.#free.pop() ?? (await this.#open())
    try {
      const value = await work(session)
      this.#free.push(session)
      return value
    } catch (error) {
      // An operation may be left in it.
      if (error instanceof CryptokiError && error.endsSession) this.#free.length = 0
      await this.#module.call('C_CloseSession', session).catch(() => {})
      throw error
    }
  }

  async #open(): Promise<Session> {
    const slot = await slotOf(this.#module, this.#settings.pkcs11TokenLabel ?? '')
    return openSession(this.#module, slot, this.#settings.pkcs11Pin ?? '')
  }
}

async function generate({ call, addressOf }: Module, session: Session, algorithm: SigningAlgorithm) {
  const id = randomBytes(ID_BYTES)
  const label = Buffer.from(`countersign ${algorithm}`)
  const common = { token: true, id, label } as const
  const ofKind =
    algorithm === 'RS256'
      ? { modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]) }
      : { ecParams: CURVES[algorithm] }
  const publicTemplate = new Template(addressOf, { ...common, private: false, verify: true, ...ofKind })
  const privateTemplate = new Template(addressOf, {
    ...common,
    private: true,
    sensitive: true,
    extractable: false,
    sign: true,
  })
  const [publicKey, privateKey] = [[0], [0]]
  await call(
    'C_GenerateKeyPair',
    session,
    mechanismOf(MECHANISMS[algorithm].generate),
    publicTemplate.bytes,
    publicTemplate.count,
    privateTemplate.bytes,
    privateTemplate.count,
    publicKey,
    privateKey,
  )
  const key = await readPublic({ call, addressOf }, session, publicKey[0] as ObjectHandle, algorithm)
  return { publicJwk: publicJwkOf(key, algorithm), handle: id.toString('hex') }
}

async function readPublic(
  { call, addressOf }: Module,
  session: Session,
  object: ObjectHandle,
  algorithm: SigningAlgorithm,
) {
  const read = async (attribute: Attribute): Promise<Buffer> => {
    const value = Buffer.alloc(1024)
    const template = new Template(addressOf, { [attribute]: value })
    await call('C_GetAttributeValue', session, object, template.bytes, 1)
    return value.subarray(0, template.lengthOf(0))
  }
  if (algorithm === 'RS256') {
    const [n, e] = [await read('modulus'), await read('publicExponent')]
    const jwk = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }
    return createPublicKey({ key: jwk, format: 'jwk' })
  }
  // An OCTET STRING with the point. Some tokens give the point itself.
  const given = await read('ecPoint')
  const pointBytes = algorithm === 'ES256' ? 65 : 32
  const point = given.length === pointBytes ? given : given.subarray(-pointBytes)
  if (algorithm === 'EdDSA') return ed25519PublicKey(point)
  const half = (start: number) => point.subarray(start, start + 32).toString('base64url')
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: half(1), y: half(33) }, format: 'jwk' })
}

async function sign(
  { call }: Module,
  session: Session,
  {
    key,
    algorithm,
    input,
  }: { readonly key: ObjectHandle; readonly algorithm: SigningAlgorithm; readonly input: string },
): Promise<Uint8Array> {
  const mechanism = MECHANISMS[algorithm]
  const data = algorithm === 'ES256' ? hash('sha256', input, 'buffer') : Buffer.from(input)
  const signature = Buffer.alloc(mechanism.signatureBytes)
  const size = [signature.length]
  await call('C_SignInit', session, mechanismOf(mechanism.sign), key)
  await call('C_Sign', session, data, data.length, signature, size)
  return signature.subarray(0, Number(size[0]))
}

async function find(
  { call, addressOf }: Module,
  session: Session,
  handle: string,
  kind: number,
): Promise<ObjectHandle> {
  const template = new Template(addressOf, { class: kind, id: Buffer.from(handle, 'hex') })
  const objects = new BigUint64Array(1)
  const count = [0]
  await call('C_FindObjectsInit', session, template.bytes, template.count)
  try {
    await call('C_FindObjects', session, objects, 1, count)
  } finally {
    await call('C_FindObjectsFinal', session)
  }
  if (Number(count[0]) !== 1) throw new KeyStoreError('missing', `The PKCS#11 token has no key with the id ${handle}.`)
  return objects[0] as bigint
}

/** CK_MECHANISM without a parameter. */
function mechanismOf(type: number): Buffer {
  const bytes = Buffer.alloc(3 * LONG_BYTES)
  bytes.writeBigUInt64LE(BigInt(type), 0)
  return bytes
}

/** An array of CK_ATTRIBUTE: the type, the address of the value, its length. Who has its bytes keeps the values. */
class Template {
  readonly bytes: Buffer
  readonly count: number
  readonly values: readonly Buffer[]

  constructor(
    addressOf: Module['addressOf'],
    attributes: { readonly [Name in Attribute]?: boolean | number | Buffer },
  ) {
    const entries = Object.entries(attributes) as [Attribute, boolean | number | Buffer][]
    this.count = entries.length
    this.values = entries.map(([, value]) => bytesOf(value))
    this.bytes = Object.assign(Buffer.alloc(entries.length * 3 * LONG_BYTES), { values: this.values })
    for (const [at, [name]] of entries.entries()) {
      const value = this.values[at] as Buffer
      this.bytes.writeBigUInt64LE(BigInt(ATTRIBUTE[name]), at * 3 * LONG_BYTES)
      this.bytes.writeBigUInt64LE(addressOf(value), (at * 3 + 1) * LONG_BYTES)
      this.bytes.writeBigUInt64LE(BigInt(value.length), (at * 3 + 2) * LONG_BYTES)
    }
  }

  /** The length of a value that was read. */
  lengthOf(at: number): number {
    return Number(this.bytes.readBigUInt64LE((at * 3 + 2) * LONG_BYTES))
  }
}

/** CK_BBOOL has one byte, CK_ULONG eight. */
function bytesOf(value: boolean | number | Buffer): Buffer {
  if (Buffer.isBuffer(value)) return value
  if (typeof value === 'boolean') return Buffer.from([Number(value)])
  const bytes = Buffer.alloc(LONG_BYTES)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
