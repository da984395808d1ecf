// Plays the plans of the OpenID Foundation's conformance suite against a running server.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { BASIC } from '#testing/certification/basic.ts'
import { FAPI_DPOP, FAPI_MTLS } from '#testing/certification/fapi.ts'
import { CertificateParty, DpopParty } from '#testing/certification/fapi-party.ts'
import { BACK_CHANNEL, BYE, FRONT, FRONT_CHANNEL, RP_INITIATED } from '#testing/certification/logout.ts'
import type { Plan } from '#testing/certification/module.ts'
import { PLANS } from '#testing/certification/page.ts'
import { CALLBACK, openSite, Party, type Registered, type Site } from '#testing/certification/party.ts'
import { CONFIG, DYNAMIC } from '#testing/certification/registration.ts'
import { type MutualTlsServer, startMutualTlsServer } from '#testing/mutual-tls.ts'
import type { TestServer } from '#testing/server.ts'

let run: MutualTlsServer
let server: TestServer
let site: Site
let bank: Site
let client: Registered
let fronted: Registered
const logoutTokens: string[] = []
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '')
  response.end()
})

before(async () => {
  run = await startMutualTlsServer({ COUNTERSIGN_LOG_LEVEL: 'error' })
  server = run.server
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const registration = { mode: 'open', network_per_hour: 1000, realm_per_hour: 1000 }
  site = await openSite(server, 'Certified', { profile: 'openid-certification', registration })
  bank = await openSite(server, 'Bank', { profile: 'fapi-2.0' })
  const register = (given: object) =>
    server.api<Registered>('POST', `${site.path}/clients`, {
      ...{ label: 'Suite', redirect_uris: [CALLBACK], post_logout_redirect_uris: [BYE], pkce_required: false },
      ...{ grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'RS256' },
      scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
      ...given,
    })
  client = await register({
    backchannel_logout_uri: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
  })
  fronted = await register({ frontchannel_logout_uri: FRONT, frontchannel_logout_session_required: true })
})
after(async () => {
  await run.stop()
  receiver.close()
})

/** The modules that passed. */
const passed = new Set<string>()

function play<P>(plan: Plan<P>, party: () => P | Promise<P>, title = plan.title): void {
  describe(title, () => {
    for (const module of plan.modules) {
      test(module.name, async () => {
        await module.run(await party())
        passed.add(`${plan.title} ${module.name}`)
      })
    }
  })
}

play(BASIC, () => new Party(site, client))
play(BASIC, () => new Party(site, client, 'form_post'), 'Form Post')
play(CONFIG, () => new Party(site, client))
play(DYNAMIC, () => new Party(site, client))
play(RP_INITIATED, () => new Party(site, client))
play(BACK_CHANNEL, () => Object.assign(new Party(site, client), { logoutTokens }))
play(FRONT_CHANNEL, () => new Party(site, fronted))
let byKey: DpopParty | undefined
play(FAPI_DPOP, async () => {
  byKey ??= await DpopParty.make(bank)
  return byKey.again()
})
let byCertificate: CertificateParty | undefined
play(FAPI_MTLS, async () => {
  byCertificate ??= await CertificateParty.make(bank)
  return byCertificate.again()
})

test('every module that the page calls passed was played, and no plan has one twice', () => {
  for (const { title, modules, left } of PLANS) {
    assert.deepEqual(
      modules.map(({ name }) => `${title} ${name}`).filter((name) => !passed.has(name)),
      [],
      title,
    )
    const names = [...modules.map(({ name }) => name), ...Object.keys(left)]
    assert.equal(new Set(names).size, names.length, title)
  }
})
