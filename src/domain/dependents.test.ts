// Checks the table of dependents against the tables, and makes each of its cells happen on both databases.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { COLUMNS } from '#testing/columns.ts'
import { DIALECTS } from '#testing/databases.ts'
import { SCENARIOS } from '#testing/dependent-scenarios.ts'
import { DependentStage } from '#testing/dependent-stage.ts'
import { DEPENDENTS, type Dependent, type DependentName, RECORDS, THINGS } from './dependents.ts'

test('every column that refers to a thing stands in the table of dependents', () => {
  const known = new Set([...RECORDS, ...Object.values(DEPENDENTS).flatMap(({ columns }): string[] => [...columns])])
  const missing = Object.entries(COLUMNS).flatMap(([table, columns]) =>
    Object.keys(columns)
      .filter((column) => /(^|_)id$/.test(column) || column === 'audience')
      .filter((column) => ![`${table}.${column}`, `${table}.*`, `*.${column}`].some((name) => known.has(name)))
      .map((column) => `${table}.${column}`),
  )
  assert.deepEqual(missing, [])
  const real = new Set(
    Object.entries(COLUMNS).flatMap(([table, columns]) => Object.keys(columns).map((name) => `${table}.${name}`)),
  )
  const unreal = [...known].filter((name) => !name.includes('*') && !real.has(name))
  assert.deepEqual(unreal, [])
})

test('every dependent has an effect for each state of its thing', () => {
  for (const [name, { thing, effects }] of Object.entries<Dependent>(DEPENDENTS)) {
    assert.deepEqual(Object.keys(effects).sort(), [...THINGS[thing].states].sort(), name)
  }
})

for (const dialect of DIALECTS) {
  describe(`what suspended and deleted things end on ${dialect}`, () => {
    let stage: DependentStage
    before(async () => {
      stage = await DependentStage.open(dialect)
    })
    after(() => stage.close())

    for (const [name, { effects }] of Object.entries<Dependent>(DEPENDENTS)) {
      for (const [state, effect] of Object.entries(effects)) {
        test(`${name}: ${state}, ${effect}`, async () => {
          const { isAlive, become } = await SCENARIOS[name as DependentName](stage)
          assert.equal(await isAlive(), true, 'it is alive at first')
          if (effect === 'refused') {
            await assert.rejects(async () => become(state), / answered 409/)
            assert.equal(await isAlive(), true)
            return
          }
          await become(state)
          const wanted = effect === 'goes on'
          assert.ok(await stage.becomes(wanted, isAlive), `it is ${wanted ? 'not ' : ''}alive in the state ${state}`)
          if (state !== 'suspended' && state !== 'disabled' && state !== 'inactive') return
          await become('active')
          const back = effect !== 'ends'
          assert.ok(
            await stage.becomes(back, isAlive),
            `it is ${back ? 'not ' : ''}alive when the thing is active again`,
          )
        })
      }
    }
  })
}
