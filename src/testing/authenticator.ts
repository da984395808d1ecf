// Gives users authenticator apps and recovery codes, and computes the codes of an app as another program does.
import { Secret, TOTP } from 'otpauth'
import { addAuthenticator } from '#domain/authenticator/authenticator.service.ts'
import type { Authenticator } from '#domain/authenticator/authenticator.ts'
import { newRecoverySet, newTotp } from '#domain/authenticator/new-authenticator.ts'
import { newRecoveryCodes } from '#domain/authenticator/recovery-codes.ts'
import { newTotpKey } from '#domain/authenticator/totp.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { PageReply, Person, UserAgent } from './user-agent.ts'

/** What a user has set up. */
export interface TotpOfUser {
  readonly authenticator: Authenticator
  /** Base32. */
  readonly key: string
  /** Recovery codes. */
  readonly codes: readonly string[]
}

/** Gives a user of the context's realm an authenticator app, of which no code was used, and recovery codes. */
export async function setUpTotp(context: Context, userId: string): Promise<TotpOfUser> {
  const key = newTotpKey(context.random)
  const codes = newRecoveryCodes(context.random)
  const authenticator = newTotp(context, userId, { key, step: 0 })
  const recovery = newRecoverySet(context, userId, codes)
  await context.write(async (unit) => {
    const user = await unit.users.lock(realmOf(context.scope).directoryId, userId)
    if (!user) throw new Error('there is no such user')
    await addAuthenticator(unit, user, authenticator)
    if (user.secondFactors === 0) await addAuthenticator(unit, user, recovery)
  })
  return { authenticator, key, codes }
}

/**
 * The code that an app with a key shows.
 * @param now milliseconds since 1970
 */
export function codeOf(key: string, now: number): string {
  return new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: now })
}

/** What a person sees while setting up an app: the key, and in the end the recovery codes. */
export interface EnrolledApp {
  readonly key: string
  readonly codes: readonly string[]
  /** Where the sign-in leads. */
  readonly end: PageReply & { readonly away?: URL }
}

/**
 * Signs in at an authorization request that demands level 2, and sets up an app on the way.
 * @param url of the request
 * @param remember whether the person chooses that the browser is remembered
 */
export async function enrolInBrowser(
  agent: UserAgent,
  url: string,
  person: Person,
  remember = false,
): Promise<EnrolledApp> {
  const asked = await agent.follow(await agent.request(url))
  const page = await agent.submit(asked, { ...person })
  const key = /<code class="key">([A-Z2-7 ]+)</.exec(page.text)?.[1]?.replaceAll(' ', '')
  if (key === undefined) throw new Error(`${page.url} shows no key`)
  const shown = await agent.submit(page, { code: codeOf(key, Date.now()) })
  const codes = [...shown.text.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code = '']) => code)
  return { key, codes, end: await agent.submit(shown, remember ? { remember: 'yes' } : {}) }
}
