// Runs each workload of the benchmark against each peer.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hash } from '@node-rs/argon2'
import { Generator } from '../generator.ts'
import type { Server } from '../process.ts'
import { supports, type Target, WORKLOADS } from '../target.ts'
import { peer } from './peers.ts'

const PASSWORD = 'correct horse'
const CONNECTIONS = 2
/** What a peer does not have. */
const LEFT: Readonly<Record<string, readonly string[]>> = {
  floor: ['dpop', 'par_code', 'registered_code'],
  'oidc-provider': [],
}

for (const name of ['floor', 'oidc-provider'] as const) {
  describe(name, () => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-test-'))
    const generator = new Generator()
    let server: Server
    let target: Target

    before(async () => {
      const passwordHash = await hash(PASSWORD, { memoryCost: 1024, timeCost: 1, parallelism: 1 })
      const people = ['a@example.com', 'b@example.com'].map((login) => ({ login, password: PASSWORD, passwordHash }))
      const contestant = await peer(name, directory, people)
      server = (await contestant.start()).server
      target = await contestant.target()
    })
    after(async () => {
      generator.stop()
      await server.stop()
      rmSync(directory, { recursive: true })
    })

    for (const workload of WORKLOADS.filter((each) => !LEFT[name]?.includes(each))) {
      test(`does ${workload} without an error`, async () => {
        assert.ok(supports(target, workload))
        const work = { kind: 'workload', name: workload, target } as const
        const outcome = await generator.run({ seconds: 1, connections: CONNECTIONS, pid: server.pid, work })
        assert.deepEqual([outcome.errors, outcome.firstError], [0, null])
        assert.ok(outcome.units > 0)
        assert.ok(outcome.p50 > 0 && outcome.p99 >= outcome.p50)
      })
    }

    test('is charged with each answer that is not what was asked for', async () => {
      const services = target.services.map((service) => ({ ...service, secret: 'another' }))
      const work = { kind: 'workload', name: 'client_credentials', target: { ...target, services } } as const
      const outcome = await generator.run({ seconds: 0.2, connections: CONNECTIONS, pid: server.pid, work })
      assert.equal(outcome.units, 0)
      assert.ok(outcome.errors > 0 && outcome.unexpectedStatuses === outcome.errors)
      assert.match(String(outcome.firstError), /invalid_client/)
    })

    test('does not sign in whoever has another password', async () => {
      const people = target.people.map(({ login }) => ({ login, password: 'another' }))
      const work = { kind: 'workload', name: 'code', target: { ...target, people } } as const
      await assert.rejects(
        generator.run({ seconds: 0.2, connections: CONNECTIONS, pid: server.pid, work }),
        /wanted a redirect after/,
      )
    })
  })
}
