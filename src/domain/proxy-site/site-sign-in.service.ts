// Makes and takes the codes by which people come back to a site of the proxy from the sign-in.
import type { Context } from '../context.ts'
import type { SiteCode } from './site-sign-in.ts'

/** Seconds for which a code is good: the browser is sent on at once. */
const LIFETIME = 60

/** Makes a code for a session that is signed in. @returns the code, which works once */
export async function makeSiteCode({ clock, crypto, random, write }: Context, about: SiteCode): Promise<string> {
  const code = random.secret()
  const createdAt = clock.now()
  await write((unit) =>
    unit.oneTimeTokens.insert('proxy_code', crypto.digest(code), {
      payload: about,
      createdAt,
      expiresAt: createdAt + LIFETIME * 1000,
    }),
  )
  return code
}

/** Takes a code. @returns what it stands for; undefined where it is not good, at this site and in this browser */
export async function consumeSiteCode(
  { clock, crypto, write }: Context,
  { code, publicUrl, state }: Pick<SiteCode, 'publicUrl' | 'state'> & { readonly code: string },
): Promise<SiteCode | undefined> {
  const taken = await write((unit) => unit.oneTimeTokens.consume('proxy_code', crypto.digest(code), clock.now()))
  const about = taken?.payload as SiteCode | undefined
  return about && about.publicUrl === publicUrl && crypto.equal(about.state, state) ? about : undefined
}
