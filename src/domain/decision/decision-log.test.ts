// Checks what a process keeps of its decisions, and for how long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '#outside/random.ts'
import { fixedClock } from '#testing/clock.ts'
import { DECISION_KEPT, type Decision } from './decision.ts'
import { DecisionLog } from './decision-log.ts'

function openLog() {
  const clock = fixedClock()
  const log = new DecisionLog({ clock, random: createRandom(clock) })
  const note = (of: Partial<Decision> = {}) => {
    const id = log.nextId()
    log.note({
      ...{
        id,
        at: clock.now(),
        tenantId: 'tenant',
        realmId: 'realm',
        clientId: 'client',
        isKnown: true,
        network: '192.0.2.1',
      },
      ...{ endpoint: 'token_endpoint', step: 'grant', error: 'invalid_grant', description: 'Refused.' },
      ...{ reason: null, meaning: null, advice: null, policy: null, policyValue: null, given: null },
      ...of,
    })
    return id
  }
  const isKept = (id: string) => typeof log.find(id) === 'object'
  return { clock, log, note, isKept }
}

test('a decision is kept for an hour, and its id says afterwards that it has gone', () => {
  const { clock, log, note, isKept } = openLog()
  const id = note()
  clock.advance(DECISION_KEPT - 1000)
  assert.ok(isKept(id))
  clock.advance(1000)
  assert.equal(log.find(id), 'expired')
  assert.equal(log.find(log.nextId()), 'not_kept')
  const other = openLog()
  other.clock.advance(DECISION_KEPT)
  assert.equal(log.find(other.note()), 'other_process')
  for (const text of ['', 'x', '../..', `${id}-1`, id.toUpperCase(), 'a'.repeat(5000)]) {
    assert.equal(log.find(text), 'malformed', text)
  }
})

test('the ids of a process never repeat, also if its clock goes back', () => {
  const { clock, log } = openLog()
  const ids = new Set<string>()
  for (const step of [0, 1, 999, 1000, -60_000, 0, 60_000]) {
    clock.advance(step)
    for (let count = 0; count < 40; count++) ids.add(log.nextId())
  }
  assert.equal(ids.size, 280)
})

test('strangers push out neither what is known of a client nor another realm', () => {
  const { note, isKept } = openLog()
  const own = note()
  const other = note({ realmId: 'other', clientId: 'nobody', isKnown: false })
  for (let count = 0; count < 3000; count++) {
    note({ isKnown: false, clientId: `stranger-${count}`, network: `192.0.2.${count % 250}` })
    note({ error: 'invalid_client', network: '192.0.2.2' })
  }
  assert.ok(isKept(own))
  assert.ok(isKept(other))
})

test('a process keeps a bounded number, and takes what is too much from the realm that has most', () => {
  const { note, isKept } = openLog()
  const few = note({ realmId: 'few' })
  const ids: string[] = []
  for (let realm = 0; realm < 40; realm++) {
    for (let count = 0; count < 300; count++)
      ids.push(note({ realmId: `realm-${realm}`, clientId: `client-${count}`, network: `192.0.2.${count % 9}` }))
  }
  assert.equal(ids.filter(isKept).length, 4095)
  assert.ok(isKept(few))
})

test('one network fills no share: beyond 64 entries, its own oldest goes', () => {
  const { note, isKept } = openLog()
  const quiet = Array.from({ length: 10 }, (_, count) => note({ network: '198.51.100.7', clientId: `quiet-${count}` }))
  const loud = Array.from({ length: 1000 }, (_, count) => note({ clientId: `client-${count}` }))
  assert.ok(quiet.every(isKept))
  assert.deepEqual(loud.filter(isKept), loud.slice(-64))
})

test('a decision that has expired holds no memory: it goes with the next one of its share, or with the job', () => {
  const { clock, log, note } = openLog()
  note()
  note({ realmId: 'other' })
  clock.advance(DECISION_KEPT)
  assert.equal(log.size, 2)
  const id = note()
  assert.equal(log.size, 2)
  log.dropExpired()
  assert.equal(log.size, 1)
  assert.equal(typeof log.find(id), 'object')
})
