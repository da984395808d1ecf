// Measures how long a change that one server process made takes until another one acts on it, and beside it, until the process
// that made it does: node bench/processes.ts [rounds]
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { CHANGES, changesOf, startTwo } from '#testing/two-processes.ts'

const ROUNDS = Number(process.argv[2] ?? 100)
const WARM_UP = 5
/** A second after its start, a process releases memory. */
const SETTLED = 3000

const both = await startTwo()
const kinds = {
  other: (await changesOf(both)).measure,
  same: (await changesOf({ one: both.one, other: both.one })).measure,
}
await pause(SETTLED)
console.log(`${cpus()[0]?.model}, PostgreSQL on the same machine, ${ROUNDS} rounds\n`)
console.log('| change | seen by | median ms | p99 ms | most ms |\n| --- | --- | --- | --- | --- |')
for (const name of CHANGES) {
  const times = { other: [] as number[], same: [] as number[] }
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const seenBy of ['other', 'same'] as const) {
      const took = await kinds[seenBy][name]()
      if (round >= 0) times[seenBy].push(took)
    }
  }
  for (const seenBy of ['other', 'same'] as const) {
    const sorted = times[seenBy].sort((left, right) => left - right)
    const at = (share: number) => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1)
    console.log(`| ${name} | the ${seenBy} process | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`)
  }
}
await both.close()
process.exit(0)
