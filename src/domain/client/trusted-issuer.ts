// The issuers whose JWTs an administrator trusts.
import * as z from 'zod'
import { checkAddress } from '../checked-address.ts'
import type { Network } from '../outside.ts'

const keysUrl = z.url({ protocol: /^https$/ }).max(2000)

/** What names an issuer, and where its keys are. */
export const TrustedIssuerFields = {
  issuer: z
    .url({ protocol: /^https$/ })
    .max(500)
    .refine((text) => !/[?#]/.test(text), 'has a query or a fragment')
    .describe('The `iss` of the JWT, compared byte for byte.'),
  jwksUri: keysUrl
    .nullable()
    .default(null)
    .describe('The URL of the keys; null selects the one in the discovery document of the issuer.'),
}

export const TrustedIssuer = z.strictObject({
  issuer: TrustedIssuerFields.issuer,
  jwksUri: keysUrl
    .optional()
    .describe('The URL of the keys; without one, that in the discovery document of the issuer.'),
})
export type TrustedIssuer = z.output<typeof TrustedIssuer>

/** An issuer, and the URL of its keys if it is set. */
export interface NamedIssuer {
  readonly issuer: string
  readonly jwksUri?: string | null | undefined
}

/**
 * Refuses an issuer whose keys could not be fetched from where they are said to be.
 * @param path of the issuer in the input
 * @throws Failure `invalid_input`
 */
export function checkIssuer(network: Pick<Network, 'checkUrl'>, path: string, { issuer, jwksUri }: NamedIssuer): void {
  checkAddress(network, `${path}.issuer`, jwksUri ? null : issuer)
  checkAddress(network, `${path}.jwksUri`, jwksUri)
}
