// Owns what an operation with lasting consequences needs besides its permission: a further one, or a fresh sign-in.
import { Failure } from '#kernel/error.ts'
import { CREDENTIALS, isNamed, type Permission, permits } from '#kernel/permission.ts'
import type { Context } from './context.ts'

/** How old a person's sign-in may be for an operation with lasting consequences. Seconds. */
export const FRESH_SIGN_IN = 900

/**
 * Checks that the caller holds a permission, because the request gives what that permission guards.
 * @throws Failure `forbidden`
 */
export function checkAlsoPermitted({ actor }: Pick<Context, 'actor'>, permission: Permission | '*'): void {
  if (permits(actor.permissions, permission)) return
  throw new Failure('forbidden', `This needs the permission ${permission} as well.`)
}

/**
 * Checks that a program of a tenant was given a permission by its name, because what it allows cannot be undone and hides what
 * was done before. Persons sign in freshly instead, and the operator may do it in any case.
 * @throws Failure `forbidden`
 */
export function checkNamed({ actor }: Pick<Context, 'actor'>, permission: Permission): void {
  if (actor.kind === 'user' || actor.reach.kind === 'platform' || isNamed(actor.permissions, permission)) return
  throw new Failure(
    'forbidden',
    `A program of a tenant needs the permission ${permission} by name: * does not include it here.`,
  )
}

/**
 * Checks that the caller may make a credential, in an operation that does so for some requests only. A program needs
 * `credentials:write`, and a person a fresh sign-in (RFC 9470).
 * @throws Failure `forbidden`, `insufficient_user_authentication`
 */
export function checkMakesCredential(context: Pick<Context, 'actor' | 'clock'>): void {
  if (context.actor.kind === 'user') checkFreshSignIn(context)
  else checkAlsoPermitted(context, CREDENTIALS)
}

/**
 * Checks that the sign-in of a person is not too old: a stolen access token or session must not become a credential that
 * outlasts it.
 * @throws Failure `insufficient_user_authentication`
 */
export function checkFreshSignIn({ actor, clock }: Pick<Context, 'actor' | 'clock'>): void {
  if (actor.kind !== 'user' || clock.now() - (actor.authenticatedAt ?? 0) <= FRESH_SIGN_IN * 1000) return
  throw new Failure('insufficient_user_authentication', { maxAge: FRESH_SIGN_IN })
}
