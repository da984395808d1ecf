// Stands in for curl on a machine without one, with the options that the documentation uses.
import { readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'show-error': { type: 'boolean', short: 'S' },
    include: { type: 'boolean', short: 'i' },
    'no-buffer': { type: 'boolean', short: 'N' },
    request: { type: 'string', short: 'X' },
    user: { type: 'string', short: 'u' },
    header: { type: 'string', short: 'H', multiple: true },
    data: { type: 'string', short: 'd', multiple: true },
    'data-urlencode': { type: 'string', multiple: true },
    output: { type: 'string', short: 'o' },
    'max-time': { type: 'string', short: 'm' },
    'write-out': { type: 'string', short: 'w' },
  },
})

const data = [
  ...(values.data ?? []).map((text) => (text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text)),
  ...(values['data-urlencode'] ?? []).map((text) => {
    const [name = '', ...rest] = text.split('=')
    return `${name}=${encodeURIComponent(rest.join('='))}`
  }),
]
const body = data.length > 0 ? data.join('&') : undefined
const headers: Record<string, string> = {
  ...(values.user !== undefined && { authorization: `Basic ${Buffer.from(values.user).toString('base64')}` }),
  ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
}
for (const line of values.header ?? []) {
  const colon = line.indexOf(':')
  headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
}

for (const url of positionals) {
  await new Promise<void>((resolve, reject) => {
    const method = values.request ?? (body === undefined ? 'GET' : 'POST')
    const sent = httpRequest(url, { method, headers }, (response) => {
      if (values.include) {
        const { httpVersion, statusCode, statusMessage, rawHeaders } = response
        process.stdout.write(`HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`)
        for (let at = 0; at < rawHeaders.length; at += 2) {
          process.stdout.write(`${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`)
        }
        process.stdout.write('\r\n')
      }
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => {
        if (values.output === undefined) process.stdout.write(chunk)
        else chunks.push(chunk)
      })
      response.on('end', () => {
        if (values.output !== undefined) writeFileSync(values.output, Buffer.concat(chunks))
        const written = values['write-out']
          ?.replaceAll('\\n', '\n')
          .replaceAll('%{http_code}', String(response.statusCode))
        if (written !== undefined) process.stdout.write(written)
        resolve()
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    // As curl does, it ends with a failure where the time is up.
    if (values['max-time'] !== undefined) setTimeout(() => process.exit(28), Number(values['max-time']) * 1000).unref()
    sent.end(body)
  })
}
