// Gives users passkeys of a software authenticator.
import type { Authenticator } from '#domain/authenticator/authenticator.ts'
import { addPasskey, creationOptions, partyOf } from '#domain/authenticator/passkey.service.ts'
import { beginCeremony, readCeremony } from '#domain/authenticator/passkey-ceremony.ts'
import type { Context } from '#domain/context.ts'
import type { User } from '#domain/user/user.ts'
import type { PageResponse } from './form-browser.ts'
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
  const { passkey } = await addPasskey(
    context,
    { user, session: { aal: 2 } },
    ceremony,
    authenticator.create(options, twist),
  )
  return { authenticator, passkey }
}

/** What a ceremony asks of a browser. */
interface Options {
  readonly challenge: string
  readonly allowCredentials: readonly { readonly id: string }[]
  readonly user: { readonly id: string }
}

/** The form for passkeys in a page: its target, its hidden fields, and what its ceremony asks. */
export function passkeyFormOf({ status, text }: PageResponse): {
  action: string
  fields: Record<string, string>
  options: Options
} {
  const [form, attributes = '', inside = ''] = /<form([^>]*data-passkey[^>]*)>(.*?)<\/form>/s.exec(text) ?? []
  if (form === undefined) throw new Error(`a page of status ${status} has no form for passkeys: ${text}`)
  const fields: Record<string, string> = {}
  for (const [tag] of inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    fields[/name="([^"]*)"/.exec(tag)?.[1] ?? ''] = /value="([^"]*)"/.exec(tag)?.[1] ?? ''
  }
  const options = /data-passkey="([^"]*)"/.exec(attributes)?.[1] ?? ''
  return {
    action: /action="([^"]*)"/.exec(attributes)?.[1] ?? '',
    fields,
    options: JSON.parse(options.replaceAll('&quot;', '"').replaceAll('&amp;', '&')),
  }
}
