// Plays the plans of the OpenID Foundation's conformance suite against a running server.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { BASIC } from '#testing/certification/basic.ts'
import { FAPI, FapiParty } from '#testing/certification/fapi.ts'
import { BACK_CHANNEL, BYE, RP_INITIATED } from '#testing/certification/logout.ts'
import type { Plan } from '#testing/certification/module.ts'
import { PLANS } from '#testing/certification/page.ts'
import { CALLBACK, openSite, Party, type Registered, type Site } from '#testing/certification/party.ts'
import { CONFIG, DYNAMIC } from '#testing/certification/registration.ts'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
let site: Site
let bank: Site
let client: Registered
const logoutTokens: string[] = []
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '')
  response.end()
})

before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const registration = { mode: 'open', network_per_hour: 1000, realm_per_hour: 1000 }
  site = await openSite(server, 'Certified', { profile: 'openid-certification', registration })
  bank = await openSite(server, 'Bank', { profile: 'fapi-2.0' })
  client = await server.api<Registered>('POST', `${site.path}/clients`, {
    ...{ label: 'Suite', redirect_uris: [CALLBACK], post_logout_redirect_uris: [BYE], pkce_required: false },
    ...{ grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'RS256' },
    scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    backchannel_logout_uri: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
  })
})
after(async () => {
  await server.stop()
  receiver.close()
})

/** The modules that passed. */
const passed = new Set<object>()

function play<P>(plan: Plan<P>, party: () => P | Promise<P>, title = plan.title): void {
  describe(title, () => {
    for (const module of plan.modules) {
      test(module.name, async () => {
        await module.run(await party())
        passed.add(module)
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
let fapi: FapiParty | undefined
play(FAPI, async () => {
  fapi ??= await FapiParty.open(bank)
  return fapi.again()
})

test('every module that the page calls passed was played, and no plan has one twice', () => {
  for (const { title, modules, left } of PLANS) {
    assert.deepEqual(
      modules.filter((module) => !passed.has(module)).map(({ name }) => name),
      [],
      title,
    )
    const names = [...modules.map(({ name }) => name), ...Object.keys(left)]
    assert.equal(new Set(names).size, names.length, title)
  }
})
