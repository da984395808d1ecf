// What an identity provider did not do as it has to, for the operator.
import { Failure } from '#kernel/error.ts'
import { printable } from '#kernel/shown-text.ts'

/** The part of a sign-in that failed. */
export type FailedStep =
  | 'authorization_response'
  | 'token_request'
  | 'id_token'
  | 'userinfo'
  | 'saml_response'
  | 'assertion'
  | 'directory'

/** A failure of a provider. @param message a sentence without secrets */
export function providerFailure(step: FailedStep, message: string): Failure {
  return new Failure('identity_provider_failed', { step, message })
}

/** An error code of a provider (RFC 6749 §5.2) as text that can be shown to operators. */
export function codeOf(error: unknown): string {
  return typeof error === 'string' && /^[\x21-\x7e]{1,60}$/.test(error) ? printable(error, 60) : 'an error'
}
