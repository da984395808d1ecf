// The page of a realm where people keep their passkeys: it lists, adds, renames and removes them.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { removeOwnPasskey } from '#domain/account/own-factors.service.ts'
import type { Authenticator } from '#domain/authenticator/authenticator.ts'
import {
  addPasskey,
  creationOptions,
  type Passkey,
  partyOf,
  passkeysAt,
  renamePasskey,
} from '#domain/authenticator/passkey.service.ts'
import { beginCeremony, readCeremony } from '#domain/authenticator/passkey-ceremony.ts'
import { providerOf } from '#domain/authenticator/passkey-provider.ts'
import type { RelyingParty } from '#domain/authenticator/relying-party.ts'
import { Failure } from '#kernel/error.ts'
import { label } from '#kernel/field.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { seeOther } from '#web/reply.ts'
import { type AccountVisit, frameOfVisit, visitAccount } from './account-visit.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { recoveryCodes } from './views/enrolment.ts'
import { type PasskeysProblem, passkey, passkeys, type ShownPasskey } from './views/passkeys.ts'

const MEANT = { purpose: 'enrolment', request: null } as const
const NAME = label(64)

interface Visit extends AccountVisit {
  readonly party: RelyingParty
}

/** The page of the passkeys. It needs a recent sign-in, with a second factor of a person who has one. */
export const passkeysPage: Endpoint = {
  name: 'passkeys',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.passkeys],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const party = partyOf(contextOf(services, realmRequest))
    if (!party) throw new Failure('not_found', 'There are no passkeys here.')
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.passkeys, { recent: true })
    if ('status' in visit) return visit
    return realmRequest.method === 'POST' ? answerForm({ ...visit, party }) : show({ ...visit, party })
  },
}

function answerForm(visit: Visit): RealmReply | Promise<RealmReply> {
  const { form } = visit.realmRequest
  switch (form.get('decision')) {
    case 'add':
      return add(visit)
    case 'rename':
      return rename(visit, form.need('passkey'))
    case 'remove':
      return remove(visit, form.need('passkey'))
    default:
      return again(visit)
  }
}

async function add(visit: Visit): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser } = visit
  const { form } = realmRequest
  try {
    const ceremony = readCeremony(context, form.get('ceremony'), browser.secret, MEANT)
    const { codes } = await addPasskey(context, signedIn, ceremony, form.get('answer'))
    if (!codes) return again(visit)
    const html = recoveryCodes({ ...formOf(visit), frame: frameOf(realmRequest), transaction: '', codes })
    return pageReply(200, html)
  } catch (error) {
    return showAll(visit, problemOf(error))
  }
}

async function rename(visit: Visit, id: string): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const name = NAME.safeParse(realmRequest.form.get('name') ?? '')
  if (!name.success) return show(visit, id, 'name')
  await renamePasskey(context, signedIn.user, { id, name: name.data })
  return again(visit)
}

async function remove(visit: Visit, id: string): Promise<RealmReply> {
  const { context, signedIn } = visit
  try {
    await removeOwnPasskey(context, signedIn, id)
  } catch (error) {
    if (error instanceof Failure && error.code === 'conflict') return show(visit, id, 'last')
    throw error
  }
  return again(visit)
}

const PROBLEMS: Readonly<Record<string, PasskeysProblem>> = {
  invalid_request: 'failed',
  expired: 'expired',
  already_exists: 'known',
  limit_reached: 'many',
}

function problemOf(error: unknown): PasskeysProblem {
  const problem = error instanceof Failure ? PROBLEMS[error.code] : undefined
  if (!problem) throw error
  return problem
}

/** One passkey, where the request names one; else all of them. */
function show(
  visit: Visit,
  id = visit.realmRequest.query.get('passkey'),
  problem?: PasskeysProblem,
): Promise<RealmReply> {
  return id === undefined ? showAll(visit, problem) : showOne(visit, id, problem)
}

async function showOne(visit: Visit, id: string, problem?: PasskeysProblem): Promise<RealmReply> {
  const all = await ownPasskeys(visit)
  const one = all.find((passkey) => passkey.id === id)
  if (!one) throw new Failure('not_found')
  const html = passkey({
    ...formOf(visit),
    frame: frameOf(visit.realmRequest),
    passkey: shown(visit, one),
    problem,
  })
  return pageReply(problem ? 400 : 200, html, { setCookie: visit.browser.setCookie })
}

async function showAll(visit: Visit, problem?: PasskeysProblem): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser, party } = visit
  const { user } = signedIn
  const all = await ownPasskeys(visit)
  const carried = beginCeremony(context, { ...MEANT, userId: user.id }, browser.secret)
  const options = creationOptions(context, user, carried, { party, known: passkeysAt(party, all) })
  const html = passkeys({
    ...formOf(visit),
    frame: frameOf(realmRequest),
    account: user.email,
    passkeys: all.map((one) => shown(visit, one)),
    passwordOnly: user.passwordSetAt !== null && user.secondFactors === 0,
    add: { ceremony: carried.id, options },
    problem,
  })
  return pageReply(problem ? 400 : 200, html, { setCookie: browser.setCookie, script: true })
}

async function ownPasskeys({ context, signedIn }: Visit): Promise<Passkey[]> {
  const all = await context.read.authenticators.allOf(signedIn.user.id)
  return all.filter((one): one is Passkey => one.credential !== null)
}

function shown({ party }: Visit, one: Passkey): ShownPasskey {
  const { id, name, createdAt, lastUsedAt, credential }: Authenticator & Passkey = one
  const works = credential.rpId === party.id
  return { id, name, provider: providerOf(credential.aaguid), createdAt, lastUsedAt, works }
}

function formOf(visit: Visit) {
  const { action, csrf } = frameOfVisit(visit)
  return { action, csrf }
}

function again({ realmRequest }: Visit): RealmReply {
  return seeOther(realmRequest.base + ACCOUNT_PATHS.passkeys)
}
