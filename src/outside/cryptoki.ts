// Calls the C functions of a PKCS#11 module (PKCS #11 v2.40). Each call waits in a thread of its own, not in the event loop.
import { ConfigurationError } from './configuration-error.ts'
import { KeyStoreError, type KeyStoreReason } from './outside-keys.ts'

/** The functions that are used: their place in CK_FUNCTION_LIST, and their parameters. */
const FUNCTIONS = {
  C_Initialize: [0, 'void *args'],
  C_GetSlotList: [4, 'uint8_t present, _Out_ unsigned long *slots, _Inout_ unsigned long *count'],
  C_GetTokenInfo: [6, 'unsigned long slot, _Out_ uint8_t *info'],
  C_OpenSession: [12, 'unsigned long slot, unsigned long flags, void *app, void *notify, _Out_ unsigned long *session'],
  C_CloseSession: [13, 'unsigned long session'],
  C_Login: [18, 'unsigned long session, unsigned long user, const uint8_t *pin, unsigned long length'],
  C_DestroyObject: [22, 'unsigned long session, unsigned long object'],
  C_GetAttributeValue: [
    24,
    'unsigned long session, unsigned long object, _Inout_ uint8_t *template, unsigned long count',
  ],
  C_FindObjectsInit: [26, 'unsigned long session, const uint8_t *template, unsigned long count'],
  C_FindObjects: [
    27,
    'unsigned long session, _Out_ unsigned long *objects, unsigned long most, _Out_ unsigned long *count',
  ],
  C_FindObjectsFinal: [28, 'unsigned long session'],
  C_SignInit: [42, 'unsigned long session, const uint8_t *mechanism, unsigned long key'],
  C_Sign: [
    43,
    'unsigned long session, const uint8_t *data, unsigned long length, _Out_ uint8_t *signature, _Inout_ unsigned long *size',
  ],
  C_GenerateKeyPair: [
    59,
    'unsigned long session, const uint8_t *mechanism, const uint8_t *public, unsigned long publicCount, const uint8_t *private, unsigned long privateCount, _Out_ unsigned long *publicKey, _Out_ unsigned long *privateKey',
  ],
} as const satisfies Record<string, readonly [number, string]>
type Name = keyof typeof FUNCTIONS

const POINTER = 8
/** The size of CK_TOKEN_INFO is 208 on 64-bit systems; the label is its first member. */
const TOKEN_INFO = 256
const LABEL = 32
const TOKEN_PRESENT = 1
const SERIAL_SESSION = 4
const RW_SESSION = 2
const OS_LOCKING_OK = 2n
const USER = 1

const OK = 0
const ALREADY_INITIALIZED = 0x191
const USER_ALREADY_LOGGED_IN = 0x100
/** Return values that say what an operator has to do. */
const REASONS: Readonly<Record<number, readonly [KeyStoreReason, string]>> = {
  48: ['unreachable', 'the device failed (CKR_DEVICE_ERROR)'],
  50: ['unreachable', 'the device was removed (CKR_DEVICE_REMOVED)'],
  112: ['unsupported', 'the mechanism is not supported (CKR_MECHANISM_INVALID)'],
  160: ['refused', 'the PIN is not correct (CKR_PIN_INCORRECT)'],
  164: ['refused', 'the PIN is locked (CKR_PIN_LOCKED)'],
  224: ['unreachable', 'the token is not present (CKR_TOKEN_NOT_PRESENT)'],
  226: ['refused', 'the token is write-protected (CKR_TOKEN_WRITE_PROTECTED)'],
}
/** The session or the login ended: a new session is opened. */
const SESSION_ENDED = new Set([48, 50, 179, 176, 257, 130])

/** A call that a module refused. */
export class CryptokiError extends KeyStoreError {
  /** Whether a new session may do better. */
  readonly endsSession: boolean
  /** The return value, as CKR_PIN_INCORRECT is 0xa0. */
  readonly code: number

  constructor(name: string, code: number) {
    const [reason, text] = REASONS[code] ?? ['failed', `it returned 0x${code.toString(16)}`]
    super(reason, `PKCS#11 ${name}: ${text}.`)
    this.code = code
    this.endsSession = SESSION_ENDED.has(code)
  }
}

/** The C functions of a module. A call resolves when the function returned. @throws CryptokiError */
export type Cryptoki = (name: Name, ...parameters: unknown[]) => Promise<void>

/** The address of bytes, for a structure. They must live until the call has returned. */
export type AddressOf = (bytes: Uint8Array) => bigint

/** An open module. */
export interface Module {
  readonly call: Cryptoki
  readonly addressOf: AddressOf
}

/**
 * Loads a module, and initializes it.
 * @param path the shared library
 * @throws ConfigurationError if it cannot be loaded
 */
export async function openModule(path: string): Promise<Module> {
  if (process.platform === 'win32') throw new ConfigurationError(['key_store pkcs11 does not work on Windows.'])
  const koffi = await import('koffi').catch(() => {
    throw new ConfigurationError([
      'key_store pkcs11 needs the package koffi, which is not installed for this system. Run: npm install koffi.',
    ])
  })
  let list: unknown
  try {
    const out = [null]
    const library = koffi.load(path)
    const status = library.func('unsigned long C_GetFunctionList(_Out_ void **list)')(out)
    if (status !== OK || out[0] === null) throw new Error(`C_GetFunctionList returned ${status}`)
    list = out[0]
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError([`pkcs11_module: ${path} cannot be loaded as a PKCS#11 module (${why}).`])
  }
  const functions = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, [place, parameters]]) => {
      // CK_VERSION comes first, and takes the place of a pointer.
      const pointer = koffi.decode(list, POINTER * (place + 1), 'void *')
      return [name, koffi.decode(pointer, prototypeOf(koffi, name, parameters))]
    }),
  )
  const call: Cryptoki = (name, ...parameters) =>
    new Promise((resolve, reject) => {
      inUse.add(parameters)
      functions[name].async(...parameters, (error: unknown, code: number | bigint) => {
        inUse.delete(parameters)
        if (error) reject(error)
        else if (Number(code) === OK) resolve()
        else reject(new CryptokiError(name, Number(code)))
      })
    })
  // CK_C_INITIALIZE_ARGS: four functions for mutexes, the flags, and a pointer that is reserved.
  const options = Buffer.alloc(6 * POINTER)
  options.writeBigUInt64LE(OS_LOCKING_OK, 4 * POINTER)
  const code = Number(functions.C_Initialize(options))
  if (code !== OK && code !== ALREADY_INITIALIZED) {
    throw new ConfigurationError([`pkcs11_module: ${new CryptokiError('C_Initialize', code).message}`])
  }
  return { call, addressOf: (bytes) => koffi.address(bytes) }
}

/** What the functions that run work with. Without it, their memory could be taken away from them. */
const inUse = new Set<readonly unknown[]>()
const prototypes = new Map<string, ReturnType<typeof import('koffi').proto>>()

function prototypeOf(koffi: typeof import('koffi'), name: string, parameters: string) {
  const known = prototypes.get(name) ?? koffi.proto(`unsigned long ${name}_(${parameters})`)
  prototypes.set(name, known)
  return known
}

/** The slot of the token with a label. @throws KeyStoreError if there is none */
export async function slotOf({ call }: Pick<Module, 'call'>, label: string): Promise<number | bigint> {
  const count = [64]
  const slots = new BigUint64Array(64)
  await call('C_GetSlotList', TOKEN_PRESENT, slots, count)
  for (const slot of slots.subarray(0, Number(count[0]))) {
    const info = new Uint8Array(TOKEN_INFO)
    await call('C_GetTokenInfo', slot, info)
    if (Buffer.from(info.subarray(0, LABEL)).toString('utf8').trimEnd() === label) return slot
  }
  throw new KeyStoreError('missing', `No PKCS#11 token has the label ${JSON.stringify(label)}.`)
}

/** Opens a session in which the user is signed in. */
export async function openSession(
  { call }: Pick<Module, 'call'>,
  slot: number | bigint,
  pin: string,
): Promise<number | bigint> {
  const out = [0]
  await call('C_OpenSession', slot, SERIAL_SESSION | RW_SESSION, null, null, out)
  const session = out[0] as number | bigint
  const bytes = Buffer.from(pin)
  await call('C_Login', session, USER, bytes, bytes.length).catch((error) => {
    // All sessions of a program share the sign-in.
    if (error instanceof CryptokiError && error.code === USER_ALREADY_LOGGED_IN) return
    throw error
  })
  return session
}
