// Measures how long people wait at the sign-in page, in calm and while somebody tries passwords: `node bench/sign-in.ts`.
// Calm and attack take turns in one run, so that what else the machine does is in both. First every attempt is hashed, then forms
// ask for proofs of work as they do by default.
import { setTimeout as sleep } from 'node:timers/promises'
import { proven } from '#testing/proof-of-work.ts'
import { startServer } from '#testing/server.ts'
import { type PageReply, UserAgent } from '#testing/user-agent.ts'

const TURNS = 4
const SECONDS = 10
/** Sign-ins of people, in a second. */
const RATE = 4
const ATTACKS = 50
const PEOPLE = 40
const PASSWORD = 'correct horse battery staple'

interface Sample {
  /** The page, until it is there. Milliseconds. */
  readonly page: number[]
  /** A form without a password: everything but the hash. */
  readonly form: number[]
  /** A form with the right password. */
  readonly signIn: number[]
}

const server = await startServer({ env: { COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' } })
const emails = Array.from({ length: PEOPLE }, (_, index) => `person-${index}@example.com`)
for (const email of emails) await server.api('POST', '/v1/realms/default/users', { email, password: PASSWORD })
await during(emails, 3, { page: [], form: [], signIn: [] })
for (const [title, mode] of [
  ['every attempt is hashed (`proof_of_work` is `off`)', 'off'],
  ['forms ask for proofs of work (`under_attack`)', 'under_attack'],
] as const) {
  // The work is done by the browsers of people, not by this machine: so it is next to nothing here.
  const policy = { proof_of_work: mode, proof_of_work_difficulty: 8 }
  await server.api('PATCH', '/v1/realms/default', { policy })
  print(title, await measure())
}
await server.stop()

function print(title: string, { calm, attacked, attacks }: Awaited<ReturnType<typeof measure>>): void {
  console.log(
    `${title}\n\n| | p50 calm | p99 calm | p50 attacked | p99 attacked | p99, ratio |\n| --- | --- | --- | --- | --- | --- |`,
  )
  for (const [what, name] of [
    ['the page', 'page'],
    ['a form without a password', 'form'],
    ['a sign-in', 'signIn'],
  ] as const) {
    const [before, under] = [calm[name], attacked[name]]
    const cells = [at(before, 0.5), at(before, 0.99), at(under, 0.5), at(under, 0.99)].map(
      (ms) => `${ms.toFixed(1)} ms`,
    )
    console.log(`| ${[what, ...cells, (at(under, 0.99) / at(before, 0.99)).toFixed(2)].join(' | ')} |`)
  }
  const { length } = calm.signIn
  console.log(
    `\n${length} and ${attacked.signIn.length} sign-ins; ${(attacks / TURNS / SECONDS).toFixed(0)} attacks in a second\n`,
  )
}

async function measure() {
  const calm: Sample = { page: [], form: [], signIn: [] }
  const attacked: Sample = { page: [], form: [], signIn: [] }
  let attacks = 0
  for (let turn = 0; turn < TURNS; turn++) {
    await during(emails, SECONDS, calm)
    const stop = new AbortController()
    const attack = attackUntil(stop.signal)
    await during(emails, SECONDS, attacked)
    stop.abort()
    attacks += await attack
  }
  return { calm, attacked, attacks }
}

/** People sign in at a steady rate, however long it takes. */
async function during(emails: readonly string[], seconds: number, sample: Sample): Promise<void> {
  const visits: Promise<void>[] = []
  for (let count = 0; count < seconds * RATE; count++) {
    visits.push(visit(emails[count % emails.length] ?? '', sample))
    await sleep(1000 / RATE)
  }
  await Promise.all(visits)
}

async function visit(email: string, { page, form, signIn }: Sample): Promise<void> {
  const agent = new UserAgent(server.url)
  const from = { 'x-forwarded-for': address() }
  const asked = await agent.request(`${server.url}/account`, undefined, from)
  const target = new URL(asked.headers.get('location') ?? '', server.url).href
  const shown = await timed(page, () => agent.request(target, undefined, from))
  const { action, fields } = agent.form(shown)
  const proof = fields.proof === undefined ? {} : proven(fields)
  await timed(form, () => agent.request(action, { ...fields, email, password: '' }, from))
  const end = await timed(signIn, () => agent.request(action, { ...fields, ...proof, email, password: PASSWORD }, from))
  if (end.status !== 303) throw new Error(`a sign-in answered ${end.status}`)
}

/** Wrong passwords for addresses that nobody has, which are hashed as all others are, each from a network of its own. */
async function attackUntil(signal: AbortSignal): Promise<number> {
  const agent = new UserAgent(server.url)
  const { action, fields } = agent.form(await agent.follow(await agent.request(`${server.url}/account`)))
  const tries: Promise<PageReply>[] = []
  while (!signal.aborted) {
    const email = `nobody-${Math.random()}@example.com`
    tries.push(agent.request(action, { ...fields, email, password: 'wrong' }, { 'x-forwarded-for': address() }))
    await sleep(1000 / ATTACKS)
  }
  const answers = await Promise.all(tries)
  const other = answers.find(({ status }) => status !== 400)
  if (other) throw new Error(`an attack answered ${other.status}`)
  return answers.length
}

async function timed(times: number[], ask: () => Promise<PageReply>): Promise<PageReply> {
  const start = performance.now()
  const answer = await ask()
  times.push(performance.now() - start)
  return answer
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function address(): string {
  return `10.${byte()}.${byte()}.${byte()}`
}

function byte(): number {
  return Math.floor(Math.random() * 256)
}
