// Checks how a range service is asked for leaked passwords.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createNetwork } from './network.ts'

const LEAKED = 'a phrase that leaked'
const DIGEST = createHash('sha1').update(LEAKED).digest('hex').toUpperCase()

let answer = (): { status: number; body: string } => ({ status: 200, body: '' })
const asked: string[] = []
const service = createServer((request, response) => {
  asked.push(request.url ?? '')
  const { status, body } = answer()
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
})
const reports: string[] = []
let url = ''
before(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/range`
})
after(() => service.close())

const network = (passwordBreachUrl: string | undefined) =>
  createNetwork({ allowLoopback: true, passwordBreachUrl, report: (_, reason) => reports.push(reason) })

test('a leaked password is known by the end of its digest, and the service learns only the beginning', async () => {
  answer = () => ({ status: 200, body: `${'0'.repeat(35)}:3\r\n${DIGEST.slice(5)}:42\r\n` })
  assert.equal(await network(url).isBreached(LEAKED, 'tenant'), true)
  assert.deepEqual(asked.splice(0), [`/range/${DIGEST.slice(0, 5)}`])
  assert.equal(await network(url).isBreached('another phrase', 'tenant'), false)
  asked.length = 0
  answer = () => ({ status: 200, body: `${DIGEST.slice(5)}:0` })
  assert.equal(await network(url).isBreached(LEAKED, 'tenant'), false, 'padding is no leak')
})

test('a service that fails keeps nobody from a password, and is reported', async () => {
  asked.length = 0
  answer = () => ({ status: 503, body: DIGEST.slice(5) })
  assert.equal(await network(url).isBreached(LEAKED, 'tenant'), false)
  assert.equal(await network('http://127.0.0.1:9/range').isBreached(LEAKED, 'tenant'), false)
  assert.equal(reports.length, 2)
  assert.equal(await network(undefined).isBreached(LEAKED, 'tenant'), false)
  assert.equal(asked.length, 1)
})
