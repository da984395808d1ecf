// Reads the certificate and the key of the listener for clients with TLS certificates.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Configuration } from './configuration.ts'
import { ConfigurationError } from './configuration-error.ts'

/** A certificate, with those between it and an authority, and its private key. PEM. */
export interface TlsIdentity {
  readonly cert: string
  readonly key: string
}

/**
 * The certificate and the key that the configuration names.
 * @returns undefined where no such listener is configured
 * @throws ConfigurationError for files that cannot be read, or that do not belong together
 */
export function readTlsIdentity({
  mtlsAddress,
  mtlsCertificate,
  mtlsKey,
}: Pick<Configuration, 'mtlsAddress' | 'mtlsCertificate' | 'mtlsKey'>): TlsIdentity | undefined {
  if (!mtlsAddress) return undefined
  const identity = { cert: textOf('mtls_certificate', mtlsCertificate), key: textOf('mtls_key', mtlsKey) }
  try {
    createSecureContext(identity)
  } catch {
    throw new ConfigurationError([
      'mtls_certificate and mtls_key cannot be used: one of them is not PEM, or the key is not that of the certificate.',
    ])
  }
  return identity
}

function textOf(setting: string, path = ''): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw new ConfigurationError([`The file ${path} of ${setting} cannot be read (${code}).`])
  }
}
