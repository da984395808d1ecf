// Reads what browsers answer in a ceremony, as the JSON of `PublicKeyCredential.toJSON()` (WebAuthn Level 3 §5.1).
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { CREDENTIAL_ID_MAX } from './credential.ts'

/** A form parameter has at most this length. */
const RESPONSE_MAX = 8192
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

const base64url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\w-]+$/)
const identified = {
  id: base64url(CREDENTIAL_ID_MAX),
  rawId: base64url(CREDENTIAL_ID_MAX),
  type: z.literal('public-key'),
}

/** An answer with a new credential. */
const Registration = z.object({
  ...identified,
  response: z.object({
    clientDataJSON: base64url(RESPONSE_MAX),
    attestationObject: base64url(RESPONSE_MAX),
    transports: z.array(z.string().max(32)).max(20).optional(),
  }),
})

/** An answer by a credential that is there. */
const Assertion = z.object({
  ...identified,
  response: z.object({
    clientDataJSON: base64url(RESPONSE_MAX),
    authenticatorData: base64url(RESPONSE_MAX),
    signature: base64url(RESPONSE_MAX),
    userHandle: base64url(100).nullish(),
  }),
})

export type RegistrationResponse = z.output<typeof Registration>
export type AssertionResponse = z.output<typeof Assertion>
/** How a browser reaches an authenticator. */
export type Transport = (typeof TRANSPORTS)[number]

/** @throws Failure `invalid_request` for what is no answer with a new credential */
export function readRegistration(text: string | undefined): RegistrationResponse {
  return read(Registration, text)
}

/** @throws Failure `invalid_request` for what is no answer by a credential */
export function readAssertion(text: string | undefined): AssertionResponse {
  return read(Assertion, text)
}

/** The transports that are known, each once. */
export function knownTransports(transports: readonly string[]): Transport[] {
  return TRANSPORTS.filter((known) => transports.includes(known))
}

function read<Schema extends z.ZodType>(schema: Schema, text: string | undefined): z.output<Schema> {
  let json: unknown
  try {
    json = JSON.parse(text ?? '')
  } catch {
    throw invalid()
  }
  const { success, data } = schema.safeParse(json)
  if (!success) throw invalid()
  return data
}

function invalid(): Failure {
  return new Failure('invalid_request', 'This is no answer of a passkey.')
}
