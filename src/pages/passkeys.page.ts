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
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { recoveryCodes } from './views/enrolment.ts'
import { passkey, passkeys, type ShownPasskey } from './views/passkeys.ts'

const MEANT = { purpose: 'enrolment', request: null } as const
const NAME = label(64)
/** The errors of which a person is told who could not add a passkey. */
const TOLD = ['invalid_request', 'expired', 'already_exists', 'limit_reached'] as const

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
    // The page with the recovery codes says only that they are kept.
    default:
      return seeOther(visit.realmRequest.base + visit.path)
  }
}

/** One passkey, where the request names one; else all of them. */
function show(visit: Visit): Promise<RealmReply> {
  const id = visit.realmRequest.query.get('passkey')
  return id === undefined ? showAll(visit) : showOne(visit, id)
}

async function add(visit: Visit): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser } = visit
  const { form } = realmRequest
  try {
    const ceremony = readCeremony(context, form.get('ceremony'), browser.secret, MEANT)
    const { codes } = await addPasskey(context, signedIn, ceremony, form.get('answer'))
    return codes ? replyToVisit(visit, recoveryCodes({ ...frameOfVisit(visit), codes, rememberFor: 0 })) : done(visit)
  } catch (error) {
    const code = TOLD.find((told) => error instanceof Failure && error.code === told)
    if (code === undefined) throw error
    return showAll(visit, wordsFor(realmRequest, 'passkeys')[code])
  }
}

async function rename(visit: Visit, id: string): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const name = NAME.safeParse(realmRequest.form.get('name') ?? '')
  if (!name.success)
    return showOne(visit, id, { problem: wordsFor(realmRequest, 'passkeys').wrongName, isNameWrong: true })
  await renamePasskey(context, signedIn.user, { id, name: name.data })
  return done(visit)
}

async function remove(visit: Visit, id: string): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  try {
    await removeOwnPasskey(context, signedIn, id)
  } catch (error) {
    const told = error instanceof Failure ? error.detail.told : undefined
    if (told === 'onlyWay') return showOne(visit, id, { problem: wordsFor(realmRequest, 'account').onlyWay })
    if (told === 'lastStep') return showOne(visit, id, { problem: wordsFor(realmRequest, 'secondFactors').lastStep })
    throw error
  }
  return done(visit)
}

async function showOne(
  visit: Visit,
  id: string,
  { problem, isNameWrong = false }: { readonly problem?: string; readonly isNameWrong?: boolean } = {},
): Promise<RealmReply> {
  const all = await ownPasskeys(visit)
  const one = all.find((passkey) => passkey.id === id)
  if (!one) throw new Failure('not_found')
  const html = passkey({ ...frameOfVisit(visit, problem), passkey: shown(visit, one), isNameWrong })
  return replyToVisit(visit, html, { status: problem ? 400 : 200 })
}

async function showAll(visit: Visit, problem?: string): Promise<RealmReply> {
  const { context, signedIn, browser, party } = visit
  const { user } = signedIn
  const all = await ownPasskeys(visit)
  const carried = beginCeremony(context, { ...MEANT, userId: user.id }, browser.secret)
  const options = creationOptions(context, user, carried, { party, known: passkeysAt(party, all) })
  const html = passkeys({
    ...frameOfVisit(visit, problem),
    account: user.email,
    passkeys: all.map((one) => shown(visit, one)),
    passwordOnly: user.passwordSetAt !== null && user.secondFactors === 0,
    add: { ceremony: carried.id, options },
  })
  return replyToVisit(visit, html, { status: problem ? 400 : 200, script: true })
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
