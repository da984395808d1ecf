// Checks the limits of sign-in attempts per account and per network.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anotherRealm } from '#testing/domain-fixtures.ts'
import { openTestServices } from '#testing/services.ts'
import { KNOWN_BROWSER_LIFETIME, knownBrowserOf, readKnownBrowser } from './known-browser.ts'
import { forgetFailures, networkOf, takeAttempt } from './sign-in-limits.ts'

test('EN-04 an IPv6 network is its first 64 bits, however an address is written', () => {
  const network = networkOf('2001:db8:1:2::1')
  for (const ip of ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2:0:0:0:9', '2001:db8:1:2::%eth0']) {
    assert.equal(networkOf(ip), network, ip)
  }
  assert.notEqual(networkOf('2001:db8:1:3::1'), network)
})

test('EN-04 an IPv4 address is the same inside an IPv6 one', () => {
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('::ffff:c000:207'), '192.0.2.7')
  assert.notEqual(networkOf('192.0.2.8'), networkOf('192.0.2.7'))
  assert.equal(networkOf(null), networkOf('not an address'))
})

test('a hundred failures of a network do not lock out who is known there', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { directoryId } = services.realm
  const attempt = async (emailKey: string, knownBrowser?: string) =>
    (await takeAttempt(context, { directoryId, emailKey, ip: '192.0.2.1', knownBrowser }, '192.0.2.0/24')).retryAfter
  for (let failure = 0; failure < 100; failure++) await attempt(`stranger-${failure}@example.com`)
  assert.ok((await attempt('ada@example.com')) > 0, 'a browser that nobody knows has to wait')
  for (let own = 0; own < 5; own++) assert.equal(await attempt('ada@example.com', 'known'), 0)
  assert.ok((await attempt('ada@example.com', 'known')) > 0, 'its own budget is no larger')
})

test('cookies of known browsers are no attempts to collect, and strangers take none of them', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { directoryId } = services.realm
  const at = (knownBrowser?: string) =>
    ({ directoryId, emailKey: 'ada@example.com', ip: '192.0.2.1', knownBrowser }) as const
  const isAllowed = async (name?: string) => (await takeAttempt(context, at(name), undefined)).retryAfter === 0
  for (let stranger = 0; stranger < 40; stranger++) await isAllowed()
  let allowed = 0
  for (let browser = 0; browser < 20; browser++) {
    for (let guess = 0; guess < 5; guess++) if (await isAllowed(`browser-${browser}`)) allowed++
    if (browser === 0) {
      assert.equal(allowed, 5, 'one browser')
      await forgetFailures(context, at('owner'), undefined)
    }
  }
  const { limit } = services.registry.settings.signInLimits.account
  assert.ok(allowed > limit && allowed <= 3 * limit + 1, `${allowed} guesses in twenty browsers`)
})

test('a cookie of a known browser is of one realm, one password and one year', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { directoryId } = services.realm
  const account = { directoryId, emailKey: 'ada@example.com', passwordSetAt: 1 }
  const cookie = knownBrowserOf(context, account, 1)
  const name = readKnownBrowser(context, cookie, account)
  assert.ok(name)
  const elsewhere = services.contextFor({ realm: await anotherRealm(services) })
  assert.equal(readKnownBrowser(elsewhere, cookie, account), undefined, 'another realm')
  for (const passwordSetAt of [2, null]) {
    assert.equal(readKnownBrowser(context, cookie, { ...account, passwordSetAt }), undefined, 'another password')
  }
  assert.equal(readKnownBrowser(context, cookie, account, 2), undefined, 'a sign-in below level 2')
  assert.equal(readKnownBrowser(context, cookie.replace('.1.', '.2.'), account, 2), undefined, 'a forged level')
  const better = knownBrowserOf(context, account, 2, cookie)
  assert.equal(readKnownBrowser(context, better, account, 2), name, 'the browser keeps its name')
  assert.equal(readKnownBrowser(context, knownBrowserOf(context, account, 1, better), account, 2), name)
  services.clock.advance(KNOWN_BROWSER_LIFETIME * 1000)
  assert.equal(readKnownBrowser(context, cookie, account), undefined, 'a year is over')
})
