// Signs people in with the password that they have in an LDAP directory.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { SignInPlace } from '../sign-in/open-session.ts'
import { type Advance, isAdvance } from '../sign-in/proceed.ts'
import { type Attempt, entryAttempt, forgetEntryFailures, takeEntryAttempt } from '../sign-in/sign-in-limits.ts'
import { directoryIdentity } from './directory-identity.ts'
import { directoriesFor } from './external-provider.ts'
import { emitExternalFailure, signInExternally } from './external-sign-in.service.ts'

/** What was typed, and in which context a new user acts. */
export interface DirectoryCredentials {
  readonly identifier: string
  readonly password: string
  readonly newPerson: (email: string) => Context
  /** Of what was typed, which was taken. The entry has attempts of its own, as it may have several names. */
  readonly attempt: Attempt
}

/**
 * Signs in whoever is in one of the directories for what was typed, with the password of it.
 * @returns undefined for nobody who may sign in, and where the entry has no attempt left: to say so would tell which names are
 *   of one entry
 * @throws Failure `identity_provider_failed` where a directory does not answer
 */
export async function signInByDirectory(
  context: Context,
  credentials: DirectoryCredentials,
  place: SignInPlace,
): Promise<Advance | undefined> {
  for (const provider of await directoriesFor(context, credentials.identifier)) {
    const entryOf = (subject: string) => entryAttempt(credentials.attempt, provider.id, subject)
    const mayTry = (subject: string) => takeEntryAttempt(context, entryOf(subject))
    const identity = await directoryIdentity(context, provider, { ...credentials, mayTry }).catch(
      async (error: unknown) => {
        if (error instanceof Failure)
          await emitExternalFailure(context, provider, { reason: error.detail.step ?? 'provider' })
        throw error
      },
    )
    if (!identity) continue
    const outcome = await signInExternally(
      context,
      provider,
      identity,
      place,
      credentials.newPerson(identity.email ?? ''),
    )
    if (!isAdvance(outcome)) return undefined
    await forgetEntryFailures(context, entryOf(identity.subject))
    return outcome
  }
  return undefined
}
