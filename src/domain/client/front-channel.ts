// Where a browser tells a client that its user signed out (OpenID Connect Front-Channel Logout 1.0 §2).
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'

/** The fields of a client about front-channel logout. */
export const FrontChannelFields = {
  frontchannelLogoutUri: editable(
    z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .refine((text) => !text.includes('#'), 'has a fragment')
      .nullable()
      .describe(
        'What the browser of a user who signs out loads in a frame (OpenID Connect Front-Channel Logout); null for nothing. It has the origin of a redirect URI.',
      ),
    { initial: null },
  ),
  frontchannelLogoutSessionRequired: editable(
    z.boolean().describe('Whether iss and sid are added to its frontchannel_logout_uri.'),
    { initial: false },
  ),
}

/** Both of them; their names in metadata are the same in snake case. */
export const FRONT_CHANNEL_FIELDS = Object.keys(FrontChannelFields) as (keyof typeof FrontChannelFields)[]
/** One of {@link FRONT_CHANNEL_FIELDS}. */
export type FrontChannelField = (typeof FRONT_CHANNEL_FIELDS)[number]

/** The contradictions between the fields and the redirect URIs: the path and a sentence for each (§2). */
export function flawsOfFrontChannel(client: {
  readonly frontchannelLogoutUri: string | null
  readonly frontchannelLogoutSessionRequired: boolean
  readonly redirectUris: readonly string[]
}): { path: string; message: string }[] {
  const { frontchannelLogoutUri: uri, frontchannelLogoutSessionRequired: isRequired, redirectUris } = client
  if (uri === null) {
    const path = 'frontchannelLogoutSessionRequired'
    return isRequired ? [{ path, message: 'needs a frontchannel_logout_uri' }] : []
  }
  const { origin } = new URL(uri)
  if (redirectUris.some((redirect) => URL.canParse(redirect) && new URL(redirect).origin === origin)) return []
  return [{ path: 'frontchannelLogoutUri', message: 'does not have the scheme, host and port of a redirect URI' }]
}
