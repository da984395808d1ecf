// What the pages of a sign-in share about passkeys: the ceremony in a form, and the answer that comes back.
import { type Passkey, partyOf, requestOptions } from '#domain/authenticator/passkey.service.ts'
import { beginCeremony, type Ceremony } from '#domain/authenticator/passkey-ceremony.ts'
import type { PasskeyForm } from '#domain/sign-in/passkey-sign-in.service.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { withQuery } from '#web/reply.ts'
import type { PasskeyFormProps } from './views/passkey.ts'
import type { Waiting } from './waiting.ts'

interface About {
  /** The only user that is meant. */
  readonly userId?: string | null | undefined
  /** The passkeys of that user, where the page asks for one of them. */
  readonly of?: readonly Passkey[]
  /** Whether the suggestions of the e-mail field have passkeys. */
  readonly autofill?: boolean
}

type Purpose = Extract<Ceremony['purpose'], keyof typeof SIGN_IN_PATHS>

/**
 * Begins a ceremony for a page of the sign-in.
 * @returns undefined where the realm has no passkeys
 */
export function passkeyCeremony(
  { context, realmRequest, transaction }: Waiting,
  purpose: Purpose,
  { userId, of, autofill = false }: About = {},
): PasskeyFormProps | undefined {
  const party = partyOf(context)
  if (!party) return undefined
  const about: Ceremony = { purpose, userId: userId ?? null, request: transaction.key }
  const carried = beginCeremony(context, about, readCookie(realmRequest, 'browser') ?? '')
  return {
    ceremony: carried.id,
    options: requestOptions(party, carried, of),
    renew: withQuery(realmRequest.base + SIGN_IN_PATHS[purpose], { transaction: transaction.id }),
    autofill,
  }
}

/** The answer that a page of the sign-in gets. */
export function passkeyAnswer({ realmRequest, transaction }: Waiting, purpose: Purpose): PasskeyForm {
  return {
    ceremony: realmRequest.form.get('ceremony'),
    answer: realmRequest.form.get('answer'),
    browserSecret: readCookie(realmRequest, 'browser'),
    meant: { purpose, request: transaction.key },
  }
}
