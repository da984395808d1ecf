// Runs the authorization server scenarios of the MCP conformance suite, and is the person at its browser.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Person, UserAgent } from './user-agent.ts'

const SUITE = new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url).pathname
const AUTHORIZATION_URL = /^https?:\/\/\S+[?&]response_type=code\S*$/m
const PATIENCE = 120_000

/** What the suite is run with. */
export interface ConformanceRun {
  readonly issuer: string
  readonly clientId: string
  /** The port of the callback; the client has `http://127.0.0.1:port/callback` as a redirect URI. */
  readonly port: number
  /** The MCP server that the token is for. */
  readonly resource?: string
  readonly person: Person
}

/** One check of the suite. */
export interface ConformanceCheck {
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

/** Runs all scenarios for an issuer, signs the person in and consents. @returns the exit code, and every check by scenario */
export async function runConformance(
  run: ConformanceRun,
): Promise<{ code: number | null; checks: ConformanceCheck[] }> {
  const results = mkdtempSync(join(tmpdir(), 'countersign-conformance-'))
  const { issuer, clientId, port, resource, person } = run
  const options = ['--url', issuer, '--client-id', clientId, '--port', String(port), '--output-dir', results]
  const more = resource === undefined ? [] : ['--resource', resource]
  const child = spawn(process.execPath, [SUITE, 'authorization', ...options, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
  })
  try {
    let printed = ''
    let signedIn: Promise<unknown> | undefined
    const read = (chunk: Buffer) => {
      printed += chunk
      const [address] = AUTHORIZATION_URL.exec(printed) ?? []
      if (address === undefined || signedIn !== undefined) return
      signedIn = beThePerson(address, person)
      signedIn.catch(() => child.kill())
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    const [code] = (await once(child, 'close')) as [number | null]
    await signedIn
    const checks = checksBelow(results)
    if (checks.length === 0) throw new Error(`The suite wrote no results:\n${printed}`)
    return { code, checks }
  } finally {
    rmSync(results, { recursive: true })
  }
}

async function beThePerson(address: string, person: Person): Promise<void> {
  const callback = await new UserAgent(new URL(address).origin).authorize(address, person)
  await (await fetch(callback)).text()
}

function checksBelow(folder: string): ConformanceCheck[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('checks.json'),
  )
  return files.sort().flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ConformanceCheck[])
}
