// Gives users passkeys of a software authenticator.
import type { Authenticator } from '#domain/authenticator/authenticator.ts'
import { addPasskey, creationOptions, partyOf } from '#domain/authenticator/passkey.service.ts'
import { beginCeremony, readCeremony } from '#domain/authenticator/passkey-ceremony.ts'
import type { Context } from '#domain/context.ts'
import type { User } from '#domain/user/user.ts'
import { type Model, SoftwareAuthenticator, type Twist } from './software-authenticator.ts'

/** A passkey of a user, and what has it. */
export interface PasskeyOfUser {
  readonly authenticator: SoftwareAuthenticator
  readonly passkey: Authenticator
}

type Owner = Pick<User, 'id' | 'directoryId' | 'email' | 'name'>

/** Adds a passkey for a user of the context's realm. @param twist what the answer says instead of what is right */
export async function setUpPasskey(
  context: Context,
  user: Owner,
  { model, twist }: { readonly model?: Model; readonly twist?: Twist } = {},
): Promise<PasskeyOfUser> {
  const party = partyOf(context)
  if (!party) throw new Error('the realm has no passkeys')
  const authenticator = new SoftwareAuthenticator(party.origin, model)
  const carried = beginCeremony(context, { purpose: 'enrolment', userId: user.id, request: null }, 'a browser')
  const options = creationOptions(context, user as User, carried, { party, known: [] })
  const ceremony = readCeremony(context, carried.id, 'a browser', { purpose: 'enrolment', request: null })
  const passkey = await addPasskey(context, user, ceremony, authenticator.create(options, twist))
  return { authenticator, passkey }
}
