// Checks that a gigabyte passes in both directions while the server's memory stays flat.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { type ProxyStage, startProxyStage } from '#testing/proxy.ts'

const GIGABYTE = 1024 ** 3
const PIECE = Buffer.alloc(64 * 1024, 'x')

let stage: ProxyStage
before(async () => {
  stage = await startProxyStage()
  await stage.rule('/*', { require: 'anonymous' })
})
after(() => stage.stop())

function* gigabyte() {
  for (let sent = 0; sent < GIGABYTE; sent += PIECE.length) yield PIECE
}

/** What the server has in memory, in megabytes. */
function memory(): number {
  const status = readFileSync(`/proc/${stage.server.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function bytesOf(stream: Readable): Promise<number> {
  let bytes = 0
  for await (const piece of stream) bytes += (piece as Buffer).length
  return bytes
}

async function largestWhile(work: Promise<unknown>): Promise<number> {
  let most = 0
  const timer = setInterval(() => (most = Math.max(most, memory())), 100)
  await work
  clearInterval(timer)
  return most
}

test('a gigabyte comes back, and a gigabyte goes up', async () => {
  const before = memory()
  const ask = (method: string) =>
    request({ host: '127.0.0.1', port: stage.port, path: '/x', method, headers: { host: new URL(stage.site).host } })
  stage.upstream.answer = (_received, response) => void pipeline(Readable.from(gigabyte()), response.writeHead(200))
  const down = async () => {
    const asked = ask('GET').end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    assert.equal(await bytesOf(response), GIGABYTE)
  }
  const most = await largestWhile(down())
  assert.ok(most - before < 150, `${before} MB became ${most} MB`)
  stage.upstream.answer = async (received, response) => response.end(String(await bytesOf(received)))
  const up = async () => {
    const asked = ask('PUT')
    const answered = once(asked, 'response')
    await pipeline(Readable.from(gigabyte()), asked)
    const [response] = (await answered) as [IncomingMessage]
    assert.equal((await response.toArray()).join(''), String(GIGABYTE))
  }
  const mostUp = await largestWhile(up())
  assert.ok(mostUp - before < 150, `${before} MB became ${mostUp} MB`)
})
