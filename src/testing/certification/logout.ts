// The modules of the plans RP-Initiated, Back-Channel and Front-Channel Logout.
import assert from 'node:assert/strict'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { until } from '../until.ts'
import type { PageReply } from '../user-agent.ts'
import { module, type Plan } from './module.ts'
import type { Party } from './party.ts'

export const BYE = 'https://rp.example/bye'
export const FRONT = 'https://rp.example/front'

/** What the suite’s client gets at its address for logout tokens. */
export interface LogoutParty extends Party {
  readonly logoutTokens: readonly string[]
}

type Asked = Record<string, string>

async function hintOf(party: Party): Promise<string> {
  return String((await party.tokens()).body.id_token)
}

async function signOut(party: Party, fields: Asked): Promise<PageReply & { readonly away?: URL }> {
  return party.agent.follow(
    await party.agent.request(`${party.endpoint('end_session_endpoint')}?${new URLSearchParams(fields)}`),
  )
}

const isSignedIn = async (party: Party) => (await party.authorize({ prompt: 'none' })).answer.has('code')

/** Asks in a way that the server does not follow by itself: a page asks the person, who stays signed in and here. */
const asksFirst = (fields: (party: Party) => Promise<Asked>) => async (party: Party) => {
  const own = party.fresh()
  await own.tokens()
  const page = await signOut(own, await fields(own))
  assert.equal(page.away, undefined)
  assert.equal(await isSignedIn(own), true)
}

/** Asks for a sign-out that the server carries out. @returns where the person is sent to */
async function leaves(party: Party, fields: Asked): Promise<URL | undefined> {
  const own = party.fresh()
  const page = await signOut(own, { id_token_hint: await hintOf(own), ...fields })
  assert.equal(await isSignedIn(own), false)
  return page.away
}

const forged = (token: string) => token.replace(/\.([^.]+)\./, (_, claims) => `.${claims.slice(0, -3)}AAA.`)

export const RP_INITIATED: Plan<Party> = {
  title: 'RP-Initiated Logout',
  modules: [
    module(
      'oidcc-rp-initiated-logout-discovery-endpoint-verification',
      'The metadata has end_session_endpoint.',
      async (party) => {
        assert.ok(party.endpoint('end_session_endpoint').startsWith(party.site.issuer))
      },
    ),
    module(
      'oidcc-rp-initiated-logout',
      'With a hint, a URI and a state the session ends, and the state comes back.',
      async (party) => {
        const away = await leaves(party, { post_logout_redirect_uri: BYE, state: 'x'.repeat(128) })
        assert.equal(away?.href, `${BYE}?state=${'x'.repeat(128)}`)
      },
    ),
    module('oidcc-rp-initiated-logout-no-state', 'Without a state none comes back.', async (party) => {
      assert.equal((await leaves(party, { post_logout_redirect_uri: BYE }))?.href, BYE)
    }),
    module(
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
      'A URI that is not registered is not followed.',
      asksFirst(async (party) => ({ id_token_hint: await hintOf(party), post_logout_redirect_uri: `${BYE}/other` })),
    ),
    module(
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
      'A URI with an added query is not followed.',
      asksFirst(async (party) => ({ id_token_hint: await hintOf(party), post_logout_redirect_uri: `${BYE}?foo=bar` })),
    ),
    module(
      'oidcc-rp-initiated-logout-bad-id-token-hint',
      'A hint that is no token is not followed.',
      asksFirst(async () => ({ id_token_hint: 'bad', post_logout_redirect_uri: BYE })),
    ),
    module(
      'oidcc-rp-initiated-logout-modified-id-token-hint',
      'A hint that was changed is not followed.',
      asksFirst(async (party) => ({ id_token_hint: forged(await hintOf(party)), post_logout_redirect_uri: BYE })),
    ),
    module(
      'oidcc-rp-initiated-logout-no-id-token-hint',
      'Without a hint a page asks first.',
      asksFirst(async () => ({ post_logout_redirect_uri: BYE })),
    ),
    module(
      'oidcc-rp-initiated-logout-no-params',
      'Without parameters a page asks first.',
      asksFirst(async () => ({})),
    ),
    module(
      'oidcc-rp-initiated-logout-only-state',
      'With a state alone a page asks first.',
      asksFirst(async () => ({ state: 'x' })),
    ),
    module(
      'oidcc-rp-initiated-logout-no-post-logout-redirect-uri',
      'With a hint and no URI a page asks first, and leads nowhere.',
      asksFirst(async (party) => ({ id_token_hint: await hintOf(party) })),
    ),
  ],
  left: {},
}

export const BACK_CHANNEL: Plan<LogoutParty> = {
  title: 'Back-Channel Logout',
  modules: [
    module(
      'oidcc-backchannel-logout-discovery-endpoint-verification',
      'The metadata says that logout tokens are sent, with a sid.',
      async ({ site: { metadata } }) => {
        assert.equal(metadata.backchannel_logout_supported, true)
        assert.equal(metadata.backchannel_logout_session_supported, true)
      },
    ),
    module(
      'oidcc-backchannel-rp-initiated-logout',
      'A sign-out sends one logout token with iss, aud, sub, sid, jti and the event, and no nonce.',
      async (party) => {
        const { body, claims } = await party.tokens()
        await signOut(party, { id_token_hint: String(body.id_token), post_logout_redirect_uri: BYE })
        // The sign-outs of other modules send logout tokens too.
        const own = () => party.logoutTokens.find((token) => decodeJwt(token).sid === claims.sid)
        await until(() => own() !== undefined)
        const keys = createRemoteJWKSet(new URL(party.endpoint('jwks_uri')))
        const expected = { issuer: party.site.issuer, audience: party.client.client_id, typ: 'logout+jwt' }
        const { payload } = await jwtVerify(own() ?? '', keys, expected)
        assert.deepEqual([payload.sub, payload.sid, payload.nonce], [claims.sub, claims.sid, undefined])
        assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
        assert.ok(payload.jti && payload.iat)
      },
    ),
  ],
  left: {},
}

/** @param party a client with a `frontchannel_logout_uri` that wants the session */
export const FRONT_CHANNEL: Plan<Party> = {
  title: 'Front-Channel Logout',
  modules: [
    module(
      'oidcc-frontchannel-logout-discovery-endpoint-verification',
      'The metadata says that clients are told by the browser, with a sid.',
      async ({ site: { metadata } }) => {
        assert.equal(metadata.frontchannel_logout_supported, true)
        assert.equal(metadata.frontchannel_logout_session_supported, true)
      },
    ),
    module(
      'oidcc-frontchannel-rp-initiated-logout',
      'A sign-out loads the logout URI with iss and sid in a frame, and leads on to the post-logout URI.',
      async (party) => {
        const { body, claims } = await party.tokens()
        const fields = { id_token_hint: String(body.id_token), post_logout_redirect_uri: BYE, state: 'bye' }
        const page = await signOut(party, fields)
        const [, source = ''] = /<iframe src="([^"]*)"/.exec(page.text) ?? []
        const { searchParams, origin, pathname } = new URL(source.replaceAll('&#38;', '&').replaceAll('&amp;', '&'))
        assert.equal(`${origin}${pathname}`, FRONT)
        assert.deepEqual([searchParams.get('iss'), searchParams.get('sid')], [party.site.issuer, claims.sid])
        assert.match(page.headers.get('content-security-policy') ?? '', /frame-src https:\/\/rp\.example;/)
        assert.ok(page.text.includes(`<a href="${BYE}?state=bye"`))
        assert.equal(await isSignedIn(party), false)
      },
    ),
  ],
  left: {},
}
