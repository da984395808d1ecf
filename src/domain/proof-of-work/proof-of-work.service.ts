// Decides when forms ask browsers for a proof of work, and takes each proof once.
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { serverActor } from '../server-actor.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import {
  ATTACK_WINDOW,
  CHALLENGE_LIFETIME,
  type Challenge,
  isSolved,
  NETWORK_SHARE,
  type ProofForm,
  partBitsOf,
  SLOW_BUDGETS,
  SLOW_WAIT,
} from './proof-of-work.ts'

/** A form in a browser. */
export interface ProofPlace {
  readonly form: ProofForm
  /** The secret of the browser; undefined if it has none, and then no proof is taken from it. */
  readonly browserSecret: string | undefined
}

/** What a form carried. */
export interface GivenProof {
  readonly challenge: string | undefined
  readonly solution: string | undefined
}

/** Whether a form goes on. Without a proof it has to wait; `challenge` is the one to answer or wait with, if it still counts. */
export type ProofOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'early'; readonly retryAfter: number; readonly challenge: Challenge }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number; readonly challenge: Challenge }

/** Whether the forms of the realm ask this network for a proof. */
export async function asksForProof(context: Context): Promise<boolean> {
  const { id, policy } = realmOf(context.scope)
  if (policy.proofOfWork !== 'under_attack') return policy.proofOfWork === 'always'
  const { key, limit } = networkCount(context)
  if ((await context.limiter.peek(key, limit, ATTACK_WINDOW)) > 0) return true
  const attack = await context.read.realmAttacks.find(id)
  return attack !== undefined && attack.until > context.clock.now()
}

/** Makes a challenge for a form in a browser. Nothing is stored. */
export function newChallenge(context: Context, place: ProofPlace): Challenge {
  const { clock, random, scope } = context
  const [issuedAt, partBits] = [clock.now(), partBitsOf(realmOf(scope).policy.proofOfWorkDifficulty)]
  const content = `${issuedAt.toString(36)}.${partBits}.${random.secret(16)}`
  return { text: `${content}.${macOf(context, place, content)}`, issuedAt, partBits }
}

/**
 * Takes the proof of a form that asks for one. A solved challenge counts once, at this realm, for this form and in this
 * browser. An unsolved one counts once too, after {@link SLOW_WAIT} seconds and within a budget: that is the way for a
 * browser without JavaScript.
 */
export async function takeProof(context: Context, place: ProofPlace, given: GivenProof): Promise<ProofOutcome> {
  const outcome = await proofIn(context, place, given)
  if (outcome.kind !== 'passed') await noteSignOfAttack(context)
  return outcome
}

async function proofIn(context: Context, place: ProofPlace, given: GivenProof): Promise<ProofOutcome> {
  const challenge = readChallenge(context, place, given.challenge)
  if (!challenge) return { kind: 'missing' }
  const isProven = isSolved(context.crypto, challenge, given.solution ?? '')
  const spent = context.crypto.digest(challenge.text)
  if (!isProven) {
    if (await context.read.oneTimeTokens.find('proof_of_work', spent)) return { kind: 'missing' }
    const waited = context.clock.now() - challenge.issuedAt
    if (waited < SLOW_WAIT * 1000) {
      return { kind: 'early', retryAfter: Math.ceil(SLOW_WAIT - waited / 1000), challenge }
    }
    const retryAfter = await takeSlowWay(context)
    if (retryAfter > 0) return { kind: 'too_many_attempts', retryAfter, challenge }
  }
  const row = { payload: null, createdAt: challenge.issuedAt, expiresAt: challenge.issuedAt + CHALLENGE_LIFETIME }
  const isFirst = await context.write((unit) => unit.oneTimeTokens.insert('proof_of_work', spent, row))
  return { kind: isFirst ? 'passed' : 'missing' }
}

/** @returns 0, or the seconds to wait */
async function takeSlowWay(context: Context): Promise<number> {
  const { limiter, actor, scope } = context
  const { network, realm } = SLOW_BUDGETS
  const of = `proof-without ${realmOf(scope).id}`
  const own = `${of} ${networkOf(actor.origin.ip)}`
  const wait = await limiter.take(own, network.limit, network.windowSeconds)
  if (wait > 0) return wait
  const waitForAll = await limiter.take(of, realm.limit, realm.windowSeconds)
  if (waitForAll > 0) await limiter.giveBack(own)
  return waitForAll
}

/** Counts what a program does that attacks the forms of the realm: a failed sign-in, or a mail that somebody asks for. */
export async function noteSignOfAttack(context: Context): Promise<void> {
  const { policy } = realmOf(context.scope)
  if (policy.proofOfWork !== 'under_attack') return
  const [ofRealm, ofNetwork] = [realmCount(context), networkCount(context)]
  await context.limiter.take(ofNetwork.key, ofNetwork.limit, ATTACK_WINDOW)
  const isOver = (await context.limiter.take(ofRealm.key, ofRealm.limit, ATTACK_WINDOW)) > 0
  const isFull = isOver || (await context.limiter.peek(ofRealm.key, ofRealm.limit, ATTACK_WINDOW)) > 0
  if (isFull) await noteAttack(context)
}

/** Takes back the count of a mail that was asked for, because somebody had it and went on. */
export async function noteGoodEnd(context: Context): Promise<void> {
  await context.limiter.giveBack(realmCount(context).key)
}

async function noteAttack(context: Context): Promise<void> {
  const { id, name, policy } = realmOf(context.scope)
  const [now, lasts] = [context.clock.now(), ATTACK_WINDOW * 1000]
  const known = await context.read.realmAttacks.find(id)
  if (known && known.until - now > lasts / 2) return
  await context.write(async (unit) => {
    if (!(await unit.realmAttacks.note(id, { since: now, until: now + lasts }))) return
    unit.emit('realm.attack_began', {
      subject: { type: 'realm', id, label: name },
      realmId: id,
      actor: serverActor('job'),
      data: { threshold: policy.proofOfWorkThreshold, windowSeconds: ATTACK_WINDOW },
    })
  })
}

/** Ends the attack on the realm, if none was seen for long enough. */
export async function endAttack(context: Context): Promise<void> {
  const { id, name } = realmOf(context.scope)
  const now = context.clock.now()
  await context.write(async (unit) => {
    const attack = await unit.realmAttacks.end(id, now)
    if (!attack) return
    unit.emit('realm.attack_ended', {
      subject: { type: 'realm', id, label: name },
      realmId: id,
      data: { since: attack.since },
    })
  })
}

/** The challenge that this server made for this form in this browser, if it still counts. */
function readChallenge(context: Context, place: ProofPlace, text: string | undefined): Challenge | undefined {
  if (place.browserSecret === undefined) return undefined
  const [, content = '', time = '', bits = '', mac = ''] =
    /^(([0-9a-z]{1,10})\.(\d{1,2})\.[\w-]{1,64})\.([\w-]{1,64})$/.exec(text ?? '') ?? []
  if (mac === '' || !context.crypto.equal(mac, macOf(context, place, content))) return undefined
  const issuedAt = Number.parseInt(time, 36)
  const age = context.clock.now() - issuedAt
  if (age >= CHALLENGE_LIFETIME) return undefined
  return { text: `${content}.${mac}`, issuedAt, partBits: Number(bits) }
}

function macOf({ crypto, scope }: Context, { form, browserSecret }: ProofPlace, content: string): string {
  return crypto.mac('proof-of-work', JSON.stringify([realmOf(scope).id, form, browserSecret ?? null, content]))
}

function realmCount({ scope }: Context): { readonly key: string; readonly limit: number } {
  const { id, policy } = realmOf(scope)
  return { key: `attack-realm ${id}`, limit: policy.proofOfWorkThreshold }
}

function networkCount({ scope, actor }: Context): { readonly key: string; readonly limit: number } {
  const { id, policy } = realmOf(scope)
  const limit = Math.ceil(policy.proofOfWorkThreshold / NETWORK_SHARE)
  return { key: `attack-network ${id} ${networkOf(actor.origin.ip)}`, limit }
}
