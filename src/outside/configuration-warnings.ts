import type { Configuration } from './config.ts'
import { isLoopback } from './outbound-url.ts'

const LEAST_ARGON2_WORK = 35 * 1024

/**
 * Sentences about what is allowed but hardly meant.
 * @param given whether the public URL was told, or follows from the listener's address
 */
export function configurationWarnings(configuration: Configuration, given: { publicUrlIsGiven: boolean }): string[] {
  const { publicUrl, adminUrl, publicAddress, trustedProxies, argon2MemoryKib, argon2Passes } = configuration
  const warnings: string[] = []
  if (isPlain(publicUrl)) {
    warnings.push(
      `public_url is ${publicUrl}: passwords and tokens cross the network unencrypted. Put a proxy with TLS in front ` +
        'and set public_url to its https address.',
    )
  }
  if (isPlain(adminUrl) && adminUrl !== publicUrl) {
    warnings.push(`admin_url is ${adminUrl}: admin keys cross the network unencrypted. Use https, or keep it local.`)
  }
  if (!given.publicUrlIsGiven && ['0.0.0.0', '::'].includes(publicAddress.host)) {
    warnings.push(
      `public_address listens on every interface, but public_url is not set: tokens will name ${publicUrl} as issuer. ` +
        'Set public_url to the address that others use.',
    )
  }
  if (configuration.networkAllowLoopback) {
    warnings.push('network_allow_loopback is on: whoever registers an address may reach services of this machine.')
  }
  if (trustedProxies.some((range) => range.endsWith('/0'))) {
    warnings.push('trusted_proxies believes everybody: any client may claim any network address.')
  }
  if (argon2MemoryKib * argon2Passes < LEAST_ARGON2_WORK) {
    warnings.push('argon2_memory_kib and argon2_passes are below what OWASP recommends; 19456 and 2 are sound.')
  }
  return warnings
}

function isPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname.replaceAll(/[[\]]/g, ''))
}
