// Owns how a call is said as a request, a command and a script. Secrets stay out of it.
import { INDEX } from '../made/operations.ts'
import { addressOf, type Call } from './api.ts'
import { operationNamed } from './operations.ts'

const SECRET = /secret|password|token|private_key/

/** A body without what is secret. */
export function withoutSecrets(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && SECRET.test(name) && !/_type$|_uri$|_url$|_endpoint$/.test(name)) return '…'
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(one, name))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, key)]))
  }
  return value
}

const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** The call as a request of curl. */
export function asCurl(call: Call): string {
  const [method] = INDEX[call.name]
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(location.origin + addressOf(call))}`,
    '-H "Authorization: Bearer $COUNTERSIGN_ADMIN_API_KEY"',
    ...(call.body === undefined || call.body instanceof FormData
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(withoutSecrets(call.body)))}`]),
  ]
  return lines.join(' \\\n  ')
}

/** The call as a command. */
export function asCommand({ name, input, body }: Call): string {
  const operation = operationNamed(name)
  const [noun = '', verb = ''] = name.split('.')
  const keys = operation?.keys ?? []
  const flags = Object.entries(input).filter(
    ([key, value]) => !keys.includes(key) && value !== undefined && value !== '',
  )
  const members = body === undefined || body instanceof FormData ? [] : Object.entries(withoutSecrets(body) as object)
  const words = [
    'countersign',
    dashed(noun),
    dashed(verb),
    ...keys.map((key) => quoted(String(input[key]))),
    ...flags.map(([key, value]) =>
      key === 'issuer_id' ? `--realm ${quoted(String(value))}` : `--${dashed(key)} ${quoted(String(value))}`,
    ),
    ...members.map(([key, value]) => flagOf(key, value)),
  ]
  return words.join(' ')
}

function flagOf(key: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? `--${dashed(key)}` : `--no-${dashed(key)}`
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && !one.includes(','))) {
    return `--${dashed(key)} ${quoted(value.join(','))}`
  }
  return `--${dashed(key)} ${quoted(value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value))}`
}

const dashed = (text: string) => text.replaceAll('_', '-')

/** The call as a script for Node. */
export function asScript(call: Call): string {
  const [method] = INDEX[call.name]
  const hasBody = call.body !== undefined && !(call.body instanceof FormData)
  return `const response = await fetch('${location.origin}${addressOf(call)}', {
  method: '${method}',
  headers: {
    authorization: \`Bearer \${process.env.COUNTERSIGN_ADMIN_API_KEY}\`,${hasBody ? "\n    'content-type': 'application/json'," : ''}
  },${hasBody ? `\n  body: JSON.stringify(${JSON.stringify(withoutSecrets(call.body), null, 2).replaceAll('\n', '\n  ')}),` : ''}
})
console.log(response.status${INDEX[call.name][5].includes('r') ? ', await response.json()' : ''})`
}
