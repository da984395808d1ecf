// Tokens that are bound to the certificate with which a client connected (RFC 8705 §3).
import type { Binding } from './proof.ts'

/** RFC 8705 §3. Only a client that chose it gets such tokens: a certificate may also be there for something else. */
export const mutualTls: Binding = {
  name: 'mutual_tls',
  read(_context, { certificate }, { client }) {
    if (!client?.tlsClientCertificateBoundAccessTokens) return undefined
    const presented = certificate?.()
    if (!presented) return undefined
    return {
      confirmation: { 'x5t#S256': presented.thumbprint },
      tokenType: 'Bearer',
      // The handshake proved the key for this connection; there is nothing that somebody could send again.
      consume: async () => true,
    }
  },
}
