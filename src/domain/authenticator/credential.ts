// What is known of a passkey besides its public key: the credential (WebAuthn Level 3 §4).
import * as z from 'zod'
import type { Codec } from '#kernel/declared-fields.ts'
import type { Crypto } from '../outside.ts'
import { providerOf } from './passkey-provider.ts'

/** A credential id has at most 1023 bytes (WebAuthn §7.1), as base64url. */
export const CREDENTIAL_ID_MAX = 1364

/** The fields of a credential. */
export const Credential = z.object({
  /** The credential id, base64url. */
  id: z.string(),
  /** For which RP id it was made: it works for no other one. */
  rpId: z.string(),
  /** How a browser reaches the authenticator (WebAuthn §5.8.4). */
  transports: z.array(z.string()),
  /** The model of the authenticator, a UUID; all zeros where it does not tell. Nothing attests it. */
  aaguid: z.string(),
  /** Whether it can be on several devices (the flag BE, WebAuthn §6.1.3). */
  backupEligible: z.boolean(),
  /** Whether it was on several devices, or in a backup, when it was last used (the flag BS). */
  backedUp: z.boolean(),
})
export type Credential = z.output<typeof Credential>

/** A credential is JSON in its column. */
export const CREDENTIAL: Codec<Readonly<Credential> | null, string | null> = {
  toColumn: (credential) => (credential === null ? null : JSON.stringify(credential)),
  fromColumn: (column) => (column === null ? null : JSON.parse(column)),
}

/** The schema of what admin responses tell of a passkey. */
export const PasskeyView = z.object({
  rpId: z.string().describe('The host that it works for, and the hosts below it.'),
  provider: z.string().nullable().describe('The name of the password manager or key, as far as it is known.'),
  aaguid: z.string().describe('The model of the authenticator, as it says itself.'),
  transports: z.array(z.string()),
  backupEligible: z.boolean().describe('Whether it can be on several devices.'),
  backedUp: z.boolean().describe('Whether it was on several devices or in a backup at its last use.'),
})
export type PasskeyView = z.output<typeof PasskeyView>

/** What admin responses tell of a passkey. */
export function viewCredential({ id: _, transports, ...credential }: Readonly<Credential>): PasskeyView {
  const { rpId, aaguid, backupEligible, backedUp } = credential
  return { rpId, provider: providerOf(aaguid) ?? null, aaguid, transports: [...transports], backupEligible, backedUp }
}

/** What identifies a passkey in a tenant. Directories are apart: one says nothing of another one's passkeys. */
export function credentialKey({ digest }: Pick<Crypto, 'digest'>, directoryId: string, credentialId: string): string {
  return digest(JSON.stringify([directoryId, credentialId]))
}
