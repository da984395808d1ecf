// Where people may be sent after they connected an account at a provider.
import type { Settings } from '../settings.ts'
import type { Resource } from './resource.ts'

/**
 * Whether a resource or the server lists a URL. They are compared byte for byte; `:*` in a listed one stands for any port of
 * this machine (RFC 8252 §7.3). The pages of the realm are always allowed.
 * @param issuer of the realm
 */
export function isAllowedReturn(
  url: string,
  resource: Pick<Resource, 'returnUrls'> | undefined,
  { connectReturnUrls }: Pick<Settings, 'connectReturnUrls'>,
  issuer: string,
): boolean {
  if (!URL.canParse(url) || url.length > 2000) return false
  if (url === issuer || url.startsWith(`${issuer}/`)) return true
  const anyPort = url.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\d{1,5}(?=[/?]|$)/, '$1:*')
  const listed = [...(resource?.returnUrls ?? []), ...connectReturnUrls]
  return listed.includes(url) || listed.includes(anyPort)
}
