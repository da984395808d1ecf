// Checks the limits of sign-in attempts per account and per network.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServices } from '#testing/services.ts'
import { networkOf, takeAttempt } from './sign-in-limits.ts'

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
