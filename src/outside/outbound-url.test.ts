// Checks which URLs outgoing requests may go to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '#kernel/error.ts'
import { checkOutboundUrl, isInternal } from './outbound-url.ts'

const refused = (url: string, options = {}) =>
  assert.throws(
    () => checkOutboundUrl(url, options),
    (error) => error instanceof Failure && error.code === 'unreachable_host' && error.status === 400,
    `${url} was let through`,
  )

test('public https addresses are let through', () => {
  for (const url of [
    'https://example.com',
    'https://EXAMPLE.com/.well-known/jwks.json?tenant=1#key',
    'https://example.com:443/',
    'https://example.com:8443/jwks',
    'https://xn--mnchen-3ya.example/jwks',
    'https://münchen.example/jwks',
    'https://8.8.8.8/jwks',
    'https://[2606:4700::1111]/jwks',
  ]) {
    assert.equal(checkOutboundUrl(url).protocol, 'https:', url)
  }
})

test('internal targets are refused in every spelling', () => {
  for (const host of [
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.0.8',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '017700000001',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '127%2e0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[5f00::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[fd00::1]',
    '[fc00:1234::1]',
    '[ff02::1]',
    '[100::1]',
    '[4000::1]',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'lo%63alhost',
    'app.localhost',
    'printer.local',
    'metadata.google.internal',
    'router.home.arpa',
    'intranet',
    'example.com.',
  ]) {
    refused(`https://${host}/`)
    refused(`https://${host}:8443/jwks`)
  }
})

test('public addresses in spellings that nobody uses are refused too', () => {
  for (const host of ['134744072', '0x08080808', '010.8.8.8', '8.8.2056', '8.8.8.8.']) refused(`https://${host}/`)
})

test('other schemes, ports, user names and malformed addresses are refused', () => {
  for (const url of [
    'http://example.com/',
    'http://localhost/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com:6379/_INFO',
    'data:application/json,{}',
    'javascript:alert(1)',
    'https://example.com:22/',
    'https://example.com:25/',
    'https://example.com:80/',
    'https://example.com:6379/',
    'https://example.com:5432/',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://@example.com/',
    'https://example.com@127.0.0.1/',
    'https:/example.com/',
    'https:example.com',
    'https:\\\\example.com/',
    'https://example.com\\@127.0.0.1/',
    'https://exam\tple.com/',
    ' https://example.com/',
    'https://example.com/ ',
    'https://example.com/\r\nHost: 127.0.0.1',
    'https://exa mple.com/',
    'https://',
    'https:///path',
    'https://example.com:99999/',
    'https://[::1/',
    '//example.com/',
    'example.com',
    '',
    `https://example.com/${'a'.repeat(3000)}`,
  ]) {
    refused(url)
  }
})

test('loopback is let through only where development asks for it, and nothing else is', () => {
  for (const url of [
    'http://localhost:3000/jwks',
    'http://127.0.0.1:80/',
    'https://[::1]:8443/',
    'http://app.localhost:1/',
  ]) {
    refused(url)
    assert.ok(checkOutboundUrl(url, { allowLoopback: true }))
  }
  for (const url of [
    'http://example.com/',
    'http://10.0.0.1/',
    'https://169.254.169.254/',
    'http://2130706433/',
    'http://127.1:3000/',
    'http://user@localhost/',
    'https://intranet/',
    'http://localhost./',
    'http://[::ffff:127.0.0.1]/',
  ]) {
    refused(url, { allowLoopback: true })
  }
})

test('any address of a private range is internal, however it is wrapped', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  const address = fc
    .tuple(fc.constantFrom([10], [127], [192, 168], [169, 254], [172, 20], [100, 100], [0], [239]), octet, octet, octet)
    .map(([head, ...rest]) => [...head, ...rest].slice(0, 4))
  fc.assert(
    fc.property(address, (octets) => {
      const dotted = octets.join('.')
      const hex = Buffer.from(octets).toString('hex')
      const words = `${hex.slice(0, 4)}:${hex.slice(4)}`
      for (const wrapped of [dotted, `::ffff:${words}`, `::${words}`, `64:ff9b::${words}`, `2002:${words}::1`]) {
        assert.ok(isInternal(wrapped), wrapped)
      }
    }),
  )
  for (const nothing of ['', 'example.com', '8.8.8', 'fe80::1%eth0', '2606:4700::1%1']) assert.ok(isInternal(nothing))
  for (const open of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111'])
    assert.ok(!isInternal(open))
})

test('whatever text is checked, the answer is an address or a Failure', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.string().map((rest) => `https://${rest}`),
  )
  fc.assert(
    fc.property(text, (url) => {
      try {
        const checked = checkOutboundUrl(url)
        assert.equal(checked.protocol, 'https:')
        assert.equal(checked.username, '')
      } catch (error) {
        assert.ok(error instanceof Failure, String(error))
      }
    }),
  )
})
