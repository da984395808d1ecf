// Owns the types of the results and the targets that they are judged by.
import { verificationTime } from './load/proofs.ts'
import type { Machine } from './machine.ts'
import type { Quietness, Summary } from './measurement.ts'
import type { WorkloadName } from './target.ts'

/** One server as it stands before any load. */
export interface ServerFacts {
  readonly name: string
  readonly version: string
  readonly rssIdle: number
  /** Median milliseconds from the start of the process to the first discovery document. */
  readonly coldStart: number
  /** Median milliseconds of CPU time that this took. */
  readonly coldStartCpu: number
  /** Milliseconds to it at the first start, on an empty directory. */
  readonly firstStart: number
  readonly rssAfter: number
}

export interface WorkloadResult {
  readonly name: WorkloadName
  readonly servers: Readonly<Record<string, Summary>>
}

/** Countersign with much in it beside Countersign with little: what the issue asks of big installations. */
export interface ScenarioResult {
  readonly title: string
  readonly facts: readonly (readonly [what: string, value: string])[]
  /** One row per measured thing: the small one's and the big one's figures. */
  readonly compared: readonly Compared[]
  /** What was measured on a big one alone. */
  readonly alone?: readonly { readonly what: string; readonly summary: Summary }[]
  readonly targets: readonly Verdict[]
}

/** One thing in two ways. */
export interface Compared {
  readonly what: string
  readonly small: Summary
  readonly big: Summary
  /** What the ways are called; `small` and `big` by default. */
  readonly names?: readonly [string, string]
}

/** A target, and what was measured beside it. */
export interface Verdict {
  readonly target: string
  readonly measured: string
  readonly met: boolean
}

export interface Results {
  readonly machine: Machine
  readonly pace: { readonly rounds: number; readonly seconds: number; readonly connections: number }
  readonly servers: readonly ServerFacts[]
  readonly workloads: readonly WorkloadResult[]
  readonly scenarios: readonly ScenarioResult[]
  readonly targets: readonly Verdict[]
  readonly quietness: Quietness
  /** What could not be measured, and why. */
  readonly failures: readonly string[]
}

/** Below which speed a workload fails, as multiples of the other servers' speed on the same run. */
const RATIOS: readonly (readonly [WorkloadName, string, number])[] = [
  ['client_credentials', 'oidc-provider', 2],
  ['client_credentials', 'floor', 0.6],
  ['introspection', 'oidc-provider', 2.5],
  ['refresh', 'oidc-provider', 2],
]
const MOST_IDLE_MB = 130
const LONGEST_START_MS = 800

/** Judges what the workloads and servers came to; a target whose measurement was not made is left out. */
export function judge(servers: readonly ServerFacts[], workloads: readonly WorkloadResult[]): Verdict[] {
  const verdicts: Verdict[] = []
  for (const [name, against, least] of RATIOS) {
    const ratio = ratioOf(
      workloads.find((workload) => workload.name === name),
      'countersign',
      against,
    )
    if (ratio === undefined) continue
    verdicts.push({ target: `${name} ≥ ${least} × ${against}`, measured: `${ratio.toFixed(2)} ×`, met: ratio >= least })
  }
  verdicts.push(...proofVerdict(workloads))
  const own = servers.find(({ name }) => name === 'countersign')
  if (own === undefined) return verdicts
  const { rssIdle, coldStart, firstStart } = own
  verdicts.push(
    { target: `idle RSS ≤ ${MOST_IDLE_MB} MB`, measured: `${rssIdle.toFixed(0)} MB`, met: rssIdle <= MOST_IDLE_MB },
    startVerdict('cold start', coldStart),
    startVerdict('first start on an empty directory', firstStart),
  )
  return verdicts
}

/** What a DPoP proof costs Countersign, beside the verification of its signature. */
function proofVerdict(workloads: readonly WorkloadResult[]): Verdict[] {
  const [plain, bound] = (['client_credentials', 'dpop'] as const).map(
    (name) => workloads.find((workload) => workload.name === name)?.servers.countersign,
  )
  if (!plain || !bound) return []
  const verification = verificationTime()
  const added = bound.cpu - plain.cpu
  const arithmetic = `${bound.cpu.toFixed(3)} − ${plain.cpu.toFixed(3)} = ${added.toFixed(3)} ms of CPU`
  const target = `a DPoP proof costs at most one verification by node:crypto, ${verification.toFixed(3)} ms`
  return [{ target, measured: arithmetic, met: added <= verification }]
}

/** How many times one server's rate another's is. */
export function ratioOf(workload: WorkloadResult | undefined, name: string, against: string): number | undefined {
  const [own, other] = [workload?.servers[name], workload?.servers[against]]
  return own === undefined || other === undefined || other.rate === 0 ? undefined : own.rate / other.rate
}

function startVerdict(what: string, milliseconds: number): Verdict {
  const met = milliseconds <= LONGEST_START_MS
  return { target: `${what} ≤ ${LONGEST_START_MS} ms`, measured: `${milliseconds.toFixed(0)} ms`, met }
}
