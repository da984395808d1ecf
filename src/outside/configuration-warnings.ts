// Owns the warnings about risky settings.
import type { Configuration } from './configuration.ts'
import { isLoopback } from './outbound-url.ts'

const LEAST_ARGON2_WORK = 35 * 1024

/**
 * Warnings about risky settings.
 * @param given whether the public URL is set; otherwise it is derived from the address of the listener
 */
export function configurationWarnings(configuration: Configuration, given: { publicUrlIsGiven: boolean }): string[] {
  const { publicUrl, adminUrl, publicAddress, trustedProxies, argon2MemoryKib, argon2Passes } = configuration
  const warnings: string[] = []
  if (isPlain(publicUrl)) {
    warnings.push(
      `public_url is ${publicUrl}: passwords and tokens are sent unencrypted. Use a reverse proxy with TLS ` +
        'and set public_url to its https address.',
    )
  }
  if (isPlain(adminUrl) && adminUrl !== publicUrl) {
    warnings.push(`admin_url is ${adminUrl}: admin keys are sent unencrypted. Use https or a loopback address.`)
  }
  if (!given.publicUrlIsGiven && ['0.0.0.0', '::'].includes(publicAddress.host)) {
    warnings.push(
      `public_address listens on all interfaces, but public_url is not set: the issuer in tokens is ${publicUrl}. ` +
        'Set public_url to the address that browsers and applications use.',
    )
  }
  if (configuration.networkAllowLoopback) {
    warnings.push(
      'network_allow_loopback is true: a person who registers an address can reach services of this machine.',
    )
  }
  if (configuration.masterKeyOld) {
    warnings.push(
      'master_key_old is set: secrets are still decrypted with it. Run countersign key reseal, then remove it.',
    )
  }
  if (configuration.devInbox) {
    warnings.push('dev_inbox is true: no mail is sent. The server keeps all mails, with the links in them.')
  }
  if (trustedProxies.some((range) => range.endsWith('/0'))) {
    warnings.push('trusted_proxies contains all addresses: any client can claim any network address.')
  }
  if (argon2MemoryKib * argon2Passes < LEAST_ARGON2_WORK) {
    warnings.push(
      'argon2_memory_kib and argon2_passes are below the recommendation of OWASP. Recommended: 19456 and 2.',
    )
  }
  if ((configuration.mtlsCertificate || configuration.mtlsKey) && !configuration.mtlsAddress) {
    warnings.push('mtls_certificate and mtls_key have no effect: no listener uses them. Set mtls_address as well.')
  }
  return warnings
}

function isPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname.replaceAll(/[[\]]/g, ''))
}
