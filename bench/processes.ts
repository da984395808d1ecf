// Measures how long a change that one server process made takes until another one acts on it: node bench/processes.ts
import { cpus } from 'node:os'
import { CHANGES, changesOf, startTwo } from '#testing/two-processes.ts'

const ROUNDS = Number(process.argv[2] ?? 100)

const both = await startTwo()
const { measure } = await changesOf(both)
console.log(`${cpus()[0]?.model}, PostgreSQL on the same machine, ${ROUNDS} rounds\n`)
console.log('| change | median ms | p99 ms | most ms |\n| --- | --- | --- | --- |')
for (const name of CHANGES) {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await measure[name]())
  times.sort((left, right) => left - right)
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1)
  console.log(`| ${name} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`)
}
await both.close()
process.exit(0)
