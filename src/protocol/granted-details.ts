// The authorization details of an access token (RFC 9396 §6, §7).
import {
  type AuthorizationDetail,
  isWithinDetail,
  readDetails,
  refusedDetails,
} from '#domain/authorization/authorization-detail.ts'
import type { Client } from '#domain/client/client.ts'
import { checkDetails, detailsAt, mayAskDetails } from '#domain/resource/detail-type.ts'
import type { Resource } from '#domain/resource/resource.ts'

/**
 * The details that a token for a resource gets: those of its types that the client may ask for. A client that exchanges a
 * token, or that lost a type since, gets no others.
 * @param asked the parameter `authorization_details`; undefined for all that were granted
 * @param granted what the user granted; `declared` for a client that acts for itself
 * @throws Failure `invalid_authorization_details` where more is asked
 */
export async function grantedDetails(
  asked: string | undefined,
  granted: readonly AuthorizationDetail[] | 'declared',
  client: Pick<Client, 'authorizationDetailsTypes' | 'registeredBy'>,
  resource: Resource | undefined,
): Promise<readonly AuthorizationDetail[]> {
  if (asked === undefined) {
    return granted === 'declared' ? [] : detailsAt(granted, resource).filter(({ type }) => mayAskDetails(client, type))
  }
  const wanted = readDetails(asked)
  await checkDetails(wanted, client, resource ? [resource] : [])
  if (granted === 'declared') return wanted
  const refused = wanted.find((detail) => !granted.some((each) => isWithinDetail(detail, each)))
  if (refused === undefined) return wanted
  throw refusedDetails('These authorization details were not granted.')
}
