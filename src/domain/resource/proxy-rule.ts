// Which requests a resource lets through to the API of its provider.
import type { ProxyRule } from './resource.ts'

/**
 * Whether one of the rules allows a request; `scope` where one would, and the token has none of its scopes.
 * @param path without the query; HEAD is allowed where GET is
 */
export function isRequestAllowed(
  rules: readonly ProxyRule[],
  method: string,
  path: string,
  scopes: readonly string[],
): 'yes' | 'scope' | 'no' {
  const meant = rules.filter(
    (rule) =>
      (rule.methods.some((one) => one === method) || (method === 'HEAD' && rule.methods.includes('GET'))) &&
      patternOf(rule.path).test(path),
  )
  if (meant.length === 0) return 'no'
  const isGranted = meant.some((rule) => rule.scopes.length === 0 || rule.scopes.some((name) => scopes.includes(name)))
  return isGranted ? 'yes' : 'scope'
}

function patternOf(path: string): RegExp {
  const parts = path
    .split('/')
    .map((part) => (part === '*' ? '[^/]+' : part === '**' ? '.*' : part.replace(/[.+?^${}()|[\]\\*]/g, '\\$&')))
  return new RegExp(`^${parts.join('/')}$`)
}
