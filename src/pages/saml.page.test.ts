// Checks sign-ins at SAML providers over http: a provider that behaves, one that does not, and responses of strangers.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type End, isSignedIn } from '#testing/external-visit.ts'
import { testWith } from '#testing/real-parts.ts'
import { makeClient, makePerson, proofKey, requestUrl, type TestClient } from '#testing/realm.ts'
import { makeSigner, readRequest, type SamlAnswer, SamlTestProvider } from '#testing/saml-provider.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const PROVIDERS = '/v1/realms/default/identity-providers'
const SHA1 = {
  signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  digest: 'http://www.w3.org/2000/09/xmldsig#sha1',
}
const [VICTIM, MALLORY] = ['victim@acme.example', 'mallory@acme.example']

interface Made {
  readonly id: string
  readonly callback_url: string
  readonly metadata_url: string
}

let server: TestServer
let client: TestClient
let made: Made
const idp = new SamlTestProvider()
before(async () => {
  server = await startServer()
  client = await makeClient(server)
  made = await makeProvider({})
  const { id } = await makePerson(server, VICTIM)
  await server.api('PATCH', `/v1/realms/default/users/${id}`, { email_verified: true })
})
after(() => server.stop())

const makeProvider = (given: object) =>
  server.api<Made>('POST', PROVIDERS, {
    ...{ provider_type: 'saml', name: 'Acme', entity_id: idp.entityId, sso_url: idp.ssoUrl },
    ...{ certificates: idp.certificate.cert, domains: ['acme.example'], trust_domains: true, ...given },
  })

/** Presses the button of a provider. @returns the browser, and the request in the address */
async function begin(id = made.id, more: Record<string, string> = {}): Promise<{ agent: UserAgent; asked: URL }> {
  const agent = new UserAgent(server.url)
  const page = await agent.follow(await agent.request(requestUrl(server, client, more, proofKey().challenge)))
  const { away, text }: End = await agent.submit(page, { provider: id })
  assert.ok(away, text)
  return { agent, asked: away }
}

/** The provider's page posts its form. */
async function post(agent: UserAgent, acsUrl: string, form: Record<string, string>): Promise<End> {
  const headers = { origin: 'https://idp.acme.test', 'sec-fetch-site': 'cross-site' }
  return agent.follow(await agent.request(acsUrl, form, headers))
}

async function signIn(answer: SamlAnswer = {}, id = made.id): Promise<{ end: End; agent: UserAgent }> {
  const { agent, asked } = await begin(id)
  const { acsUrl, form } = idp.answer(asked, answer)
  return { agent, end: await post(agent, acsUrl, form) }
}

const newest = async (type: string) =>
  (await server.api<{ data: { data: Record<string, unknown> }[] }>('GET', `/v1/events?type=${type}`)).data[0]?.data

/** Refuses to sign anybody in, and tells the operator the step. */
async function assertRefused(answer: SamlAnswer, reason: string, label: string): Promise<void> {
  const { agent, end } = await signIn(answer)
  assert.equal(isSignedIn(agent), false, label)
  assert.ok(end.status >= 400 && end.status < 500 === (reason === 'denied') && !end.away, `${label}: ${end.status}`)
  assert.equal((await newest('sign_in.failed'))?.reason, reason, label)
}

/** Members of a response as an attacker takes them apart, who has an account at the provider. */
function pieces(xml: string) {
  const [signed = ''] = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml) ?? []
  const [signature = ''] = /<ds:Signature .*?<\/ds:Signature>/s.exec(signed) ?? []
  const bare = signed.replace(signature, '')
  const evil = bare.replace('_assertion', '_evil').replaceAll(MALLORY, VICTIM)
  const withSignature = (inside: string) => evil.replace('</saml:Issuer>', `</saml:Issuer>${inside}`)
  return { signed, signature, bare, evil, withSignature }
}

test('a person signs in; the address of the domain is verified, and the attributes of products are understood', async () => {
  const microsoft = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'
  const attributes = {
    ...{ [`${microsoft}/emailaddress`]: 'ada@acme.example', [`${microsoft}/givenname`]: 'Ada' },
    ...{ displayName: 'Ada &amp; Co', level: ['one', 'two'] },
  }
  await server.api('PATCH', `${PROVIDERS}/${made.id}`, { attribute_mapping: { levels: 'level' } })
  const { agent } = await signIn({ nameId: 'ada-1', attributes, signs: 'both' })
  assert.ok(isSignedIn(agent))
  const { data } = await server.api<{ data: Record<string, unknown>[] }>('GET', '/v1/realms/default/users?search=ada')
  assert.deepEqual(
    data.map((user) => [user.email, user.email_verified, user.name, user.given_name, user.attributes]),
    [['ada@acme.example', true, 'Ada & Co', 'Ada', { levels: ['one', 'two'] }]],
  )
  assert.ok(isSignedIn((await signIn({ nameId: 'ada-1' })).agent), 'the NameID is enough the next time')
  const group = await server.api<{ id: string }>('POST', '/v1/realms/default/groups', { name: 'Level two' })
  const rule = { claim: 'https://example.com/claims/level', value: 'two', group_id: group.id }
  await server.api('PATCH', `${PROVIDERS}/${made.id}`, { group_mapping: [rule] })
  const groupsAfter = async (said: Record<string, string | string[]>) => {
    assert.ok(isSignedIn((await signIn({ nameId: 'ada-1', attributes: said })).agent))
    const groups = `/v1/realms/default/users/${data[0]?.id}/groups`
    return (await server.api<{ data: unknown[] }>('GET', groups)).data.length
  }
  assert.equal(await groupsAfter({ [rule.claim]: ['one', 'two'] }), 1)
  assert.equal(await groupsAfter({ [rule.claim]: 'twofold' }), 0)
  const format = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
  const named = {
    persistent: await signIn({ nameId: 'bo@acme.example' }),
    address: await signIn({ nameId: 'bo@acme.example', format }),
  }
  assert.deepEqual(
    [isSignedIn(named.persistent.agent), isSignedIn(named.address.agent)],
    [false, true],
    'by its format',
  )
  await server.api('PATCH', `${PROVIDERS}/${made.id}`, { attribute_mapping: { email: 'work' } })
  const unmapped = await signIn({ nameId: 'cy', attributes: { email: 'cy@acme.example' } })
  assert.equal(isSignedIn(unmapped.agent), false, 'only the mapped attribute is the address')
  assert.ok(isSignedIn((await signIn({ nameId: 'cy', attributes: { work: 'cy@acme.example' } })).agent))
  await server.api('PATCH', `${PROVIDERS}/${made.id}`, { attribute_mapping: {} })
  const stranger = await signIn({ nameId: 'eve', attributes: { mail: 'eve@elsewhere.example' } })
  assert.deepEqual([stranger.end.status, isSignedIn(stranger.agent)], [403, false])
})

test('the request names this server and its place, and asks for a new sign-in where a client does', async () => {
  const { asked } = await begin(made.id, { prompt: 'login' })
  const request = readRequest(asked)
  assert.equal(`${asked.origin}${asked.pathname}?tenant=${asked.searchParams.get('tenant')}`, idp.ssoUrl)
  assert.deepEqual([request.acsUrl, request.issuer], [made.callback_url, made.metadata_url])
  assert.match(request.xml, /ForceAuthn="true"/)
  const { agent, asked: again } = await begin(made.id, { prompt: 'login' })
  const old = idp.answer(again, { nameId: 'ada-1', instant: -600_000 })
  await post(agent, old.acsUrl, old.form)
  assert.equal(isSignedIn(agent), false)
  const slow = await begin(made.id, { max_age: '1' })
  const oldest = Date.now() - 61_000
  await fetch(made.metadata_url)
  const late = idp.answer(slow.asked, { nameId: 'ada-1', instant: oldest - Date.now() })
  await post(slow.agent, late.acsUrl, late.form)
  assert.ok(isSignedIn(slow.agent), 'the age is that when the person was asked, and not when the answer came')
  const metadata = await fetch(made.metadata_url)
  const xml = await metadata.text()
  assert.equal(metadata.headers.get('content-type'), 'application/samlmetadata+xml')
  assert.ok(xml.includes(`entityID="${made.metadata_url}"`) && xml.includes(`Location="${made.callback_url}"`), xml)
  assert.match(xml, /WantAssertionsSigned="true"/)
  assert.equal((await fetch(made.callback_url)).status, 404)
})

test('without cookies, as browsers post from other sites, a page of this server posts the response once more', async () => {
  const { agent, asked } = await begin()
  const { acsUrl, form } = idp.answer(asked, { nameId: 'ada-1' })
  const page = await new UserAgent(server.url).request(acsUrl, form)
  assert.match(page.text, /<noscript><button>/)
  const { action, fields } = agent.form(page)
  const stranger = await new UserAgent(server.url).request(action, fields)
  assert.equal(stranger.status, 403, 'in another browser')
  await agent.submit(page, {})
  assert.ok(isSignedIn(agent))
})

test('SA-01, SA-02, SA-03, SA-04, SA-05, SA-06, SA-07 and SA-08 wrapped signatures sign nobody in', async () => {
  const nested = (xml: string, into: (parts: ReturnType<typeof pieces>) => string) => {
    const parts = pieces(xml)
    return xml.replace(parts.signed, () => into(parts))
  }
  const inSignature = (signature: string, content: string) =>
    signature.replace('</ds:Signature>', `${content}</ds:Signature>`)
  const wrapped = (xml: string, detached: boolean) => {
    const [signature = ''] = /<ds:Signature .*?<\/ds:Signature>/s.exec(xml) ?? []
    const bare = xml.replace(signature, '')
    const evil = bare.replace('_response', '_evil').replaceAll(MALLORY, VICTIM).replaceAll('"_assertion"', '"_other"')
    const inside = detached ? bare + signature : inSignature(signature, `<ds:Object>${bare}</ds:Object>`)
    return evil.replace('</saml:Issuer>', `</saml:Issuer>${inside}`)
  }
  const layouts: Record<string, (xml: string) => string> = {
    3: (xml) => nested(xml, ({ evil, signed }) => evil + signed),
    4: (xml) => nested(xml, ({ evil, signed }) => evil.replace('</saml:Assertion>', `${signed}</saml:Assertion>`)),
    5: (xml) => nested(xml, ({ withSignature, signature, bare }) => withSignature(signature) + bare),
    6: (xml) => nested(xml, ({ withSignature, signature, bare }) => withSignature(inSignature(signature, bare))),
    7: (xml) => nested(xml, ({ evil, signed }) => `<samlp:Extensions>${evil}</samlp:Extensions>${signed}`),
    8: (xml) =>
      nested(xml, ({ withSignature, signature, bare }) =>
        withSignature(inSignature(signature, `<ds:Object>${bare}</ds:Object>`)),
      ),
  }
  const attributes = { email: MALLORY }
  for (const [number, change] of Object.entries(layouts)) {
    await assertRefused({ nameId: MALLORY, attributes, after: change }, 'saml_response', `XSW ${number}`)
  }
  for (const detached of [false, true]) {
    const answer: SamlAnswer = {
      nameId: MALLORY,
      attributes,
      signs: 'response',
      after: (xml) => wrapped(xml, detached),
    }
    await assertRefused(answer, 'saml_response', `XSW of the response, ${detached}`)
  }
})

test('SA-09 and SA-18 only the assertion’s own signature counts, by a key of the provider and SHA-2', async () => {
  const attributes = { email: VICTIM }
  await assertRefused({ attributes, signs: 'none' }, 'saml_response', 'nothing is signed')
  await assertRefused({ attributes, signs: 'response' }, 'saml_response', 'only the response is signed')
  await assertRefused({ attributes, key: makeSigner().key }, 'assertion', 'another key')
  const change = (xml: string) => xml.replaceAll('>ada<', '>eve<')
  await assertRefused({ attributes, after: change }, 'assertion', 'changed after it was signed')
  await assertRefused({ attributes, algorithm: SHA1.signature }, 'saml_response', 'SHA-1')
  await assertRefused({ attributes, digest: SHA1.digest }, 'saml_response', 'a digest of SHA-1')
  const hmac = (xml: string) => xml.replace(/xmldsig-more#rsa-sha256/, 'xmldsig-more#hmac-sha256')
  await assertRefused({ attributes, after: hmac }, 'saml_response', 'a shared key')
})

test('SA-10, SA-11 and SA-13 comments, document types, entities, double IDs and other transforms are refused', async () => {
  const put = (what: string, where: string) => (xml: string) => xml.replace(where, () => what)
  const changes: Record<string, (xml: string) => string> = {
    'a comment in the NameID': put('>ad<!-- -->a<', '>ada<'),
    'CDATA in the NameID': put('><![CDATA[ada]]><', '>ada<'),
    'a comment in the digest': (xml) => xml.replace('<ds:DigestValue>', '<ds:DigestValue><!-- x -->'),
    'an instruction': put('><?a b?>ada<', '>ada<'),
    'a document type': (xml) => `<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a">${xml}`,
    'an entity': (xml) => `<!DOCTYPE a [<!ENTITY b "ada">]>${xml.replace('>ada<', '>&b;<')}`,
    'an unknown entity': put('>ad&b;a<', '>ada<'),
    'two SignedInfo': (xml) => xml.replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/s, '$&$&'),
    'two elements with one ID': (xml) => xml.replace('<samlp:Status>', '<samlp:Status ID="_assertion">'),
    'another transform': (xml) => xml.replace('xmldsig#enveloped-signature', 'xmldsig#base64'),
    'two roots': (xml) => xml + xml,
    'deep nesting': (xml) => xml.replace('<samlp:Status>', `${'<a>'.repeat(500)}${'</a>'.repeat(500)}<samlp:Status>`),
    'no XML': () => 'Everything is fine',
    'an encrypted assertion': (xml) => xml.replace('</samlp:Response>', '<saml:EncryptedAssertion/></samlp:Response>'),
  }
  for (const [label, change] of Object.entries(changes)) {
    await assertRefused({ nameId: 'ada', after: change }, 'saml_response', label)
  }
  const { agent, asked } = await begin()
  const { acsUrl, form } = idp.answer(asked)
  const large = await post(agent, acsUrl, { ...form, SAMLResponse: 'A'.repeat(140_000) })
  assert.deepEqual([large.status, isSignedIn(agent)], [400, false])
})

test('SA-15 and SA-16 a response is for this request, provider, place, audience and time', async () => {
  const other = await makeProvider({ name: 'Other', entity_id: 'https://idp.other.test', domains: [] })
  const wrong: [SamlAnswer, string][] = [
    [{ inResponseTo: '_another' }, 'saml_response'],
    [{ destination: other.callback_url }, 'saml_response'],
    [{ issuer: 'https://idp.other.test' }, 'saml_response'],
    [{ status: 'Responder' }, 'saml_response'],
    [{ status: 'RequestDenied' }, 'denied'],
    [{ recipient: other.callback_url }, 'assertion'],
    [{ audience: other.metadata_url }, 'assertion'],
    [{ until: -61_000 }, 'assertion'],
    [{ from: 90_000 }, 'assertion'],
    [{ instant: 90_000 }, 'assertion'],
    [{ format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }, 'assertion'],
    [{ before: (xml) => xml.replace(/ InResponseTo="[^"]*" Recipient/, ' Recipient') }, 'assertion'],
    [{ before: (xml) => xml.replace(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, '') }, 'assertion'],
    [{ before: (xml) => xml.replace(/<saml:AuthnStatement .*<\/saml:AuthnStatement>/, '') }, 'assertion'],
    [{ before: (xml) => xml.replace('cm:bearer', 'cm:holder-of-key') }, 'assertion'],
  ]
  for (const [answer, reason] of wrong) {
    await assertRefused({ nameId: 'ada-1', ...answer }, reason, `${Object.keys(answer)} ${Object.values(answer)}`)
  }
  const { agent, asked } = await begin(other.id)
  const { form } = idp.answer(asked, { nameId: 'ada-1' })
  assert.equal((await post(agent, made.callback_url, form)).status, 410, 'of another provider’s request')
  const unsolicited = await post(agent, made.callback_url, { ...form, RelayState: '' })
  assert.deepEqual([unsolicited.status, isSignedIn(agent)], [410, false])
  assert.ok(isSignedIn((await signIn({ nameId: 'ada-1', until: -30_000 })).agent), 'the clocks differ a little')
  await server.api('DELETE', `${PROVIDERS}/${other.id}`)
})

test('SA-14 and SA-20 a response works once, in the browser that asked, and leads only to the request that waits', async () => {
  const { agent, asked } = await begin()
  const { acsUrl, form } = idp.answer(asked, { nameId: 'ada-1' })
  const thief = (await begin()).agent
  assert.equal((await post(thief, acsUrl, form)).status, 403)
  const ends = await Promise.all([1, 2, 3].map(() => agent.request(acsUrl, form)))
  assert.equal(ends.filter(({ headers }) => headers.getSetCookie().some((one) => /session-/.test(one))).length, 1)
  for (const relayState of ['javascript:alert(1)', '//evil.test', 'https://evil.test/\r\nSet-Cookie: a=b']) {
    const { agent: other, asked: anew } = await begin()
    const stray = idp.answer(anew, { nameId: 'ada-1', relayState })
    const end = await post(other, stray.acsUrl, stray.form)
    assert.deepEqual([end.status, end.away, isSignedIn(other)], [410, undefined, false], relayState)
  }
})

test('SA-23 certificates roll over, and a provider that is disabled signs nobody in', async () => {
  const next = makeSigner()
  const change = (body: object) => server.api('PATCH', `${PROVIDERS}/${made.id}`, body)
  await change({ certificates: [idp.certificate.cert, next.cert] })
  assert.ok(isSignedIn((await signIn({ nameId: 'ada-1', key: next.key })).agent), 'the next certificate')
  assert.ok(isSignedIn((await signIn({ nameId: 'ada-1' })).agent), 'the one before')
  await change({ certificates: [next.cert] })
  await assertRefused({ nameId: 'ada-1' }, 'assertion', 'a certificate that is gone')
  await change({ certificates: [idp.certificate.cert] })
  const { agent, asked } = await begin()
  const { acsUrl, form } = idp.answer(asked, { nameId: 'ada-1' })
  await change({ enabled: false })
  assert.deepEqual([(await post(agent, acsUrl, form)).status, isSignedIn(agent)], [404, false])
  assert.equal((await fetch(made.metadata_url)).status, 404)
  await change({ enabled: true })
})

const CBC = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'
const PKCS1 = 'http://www.w3.org/2001/04/xmlenc#rsa-1_5'

test('encrypted assertions are decrypted, and their own signature is what counts', async () => {
  const change = (body: object) =>
    server.api<{ sp_certificate: string | null }>('PATCH', `${PROVIDERS}/${made.id}`, body)
  const { sp_certificate: certificate } = await change({ encrypted_assertions: true })
  assert.ok(certificate)
  const xml = (await (await fetch(made.metadata_url)).text()).replace(/\s+</g, '<').replace(/\n/g, '')
  assert.ok(xml.includes(certificate.replace(/-----[A-Z ]+-----|\s/g, '')) && xml.includes('use="encryption"'), xml)
  assert.doesNotMatch(xml, /-cbc|rsa-1_5|PRIVATE/)
  const answer = { nameId: 'ada-1', encryptFor: certificate }
  assert.ok(isSignedIn((await signIn(answer)).agent))
  await assertRefused({ nameId: 'ada-1' }, 'assertion', 'not encrypted')
  await assertRefused({ ...answer, signs: 'none' }, 'saml_response', 'not signed')
  await assertRefused({ ...answer, key: makeSigner().key }, 'assertion', 'signed by another key')
  await assertRefused({ ...answer, encryptFor: makeSigner().cert }, 'saml_response', 'for another key')
  await assertRefused({ ...answer, content: CBC }, 'saml_response', 'CBC')
  await assertRefused({ ...answer, transport: PKCS1 }, 'saml_response', 'RSA of PKCS #1 1.5')
  const broken = (xml: string) => xml.replace(/(.*CipherValue>).{8}/s, '$1AAAAAAAA')
  const { agent, asked } = await begin()
  const { acsUrl, form } = idp.answer(asked, answer)
  const text = broken(Buffer.from(form.SAMLResponse, 'base64').toString())
  await post(agent, acsUrl, { ...form, SAMLResponse: Buffer.from(text).toString('base64') })
  assert.equal(isSignedIn(agent), false, 'changed on the way')
  assert.equal((await change({ encrypted_assertions: false })).sp_certificate, null)
  await assertRefused(answer, 'saml_response', 'for a key that is gone')
})

test('signed requests are verified by the certificate in the metadata', async () => {
  const change = (body: object) =>
    server.api<{ sp_certificate: string | null }>('PATCH', `${PROVIDERS}/${made.id}`, body)
  const { sp_certificate: certificate } = await change({ signed_requests: true })
  const { asked } = await begin()
  const [signed, signature] = asked.search.slice(1).split('&Signature=')
  // The tenant is of the provider's own address.
  const text = (signed ?? '').replace(/^tenant=acme&|&tenant=acme/, '')
  const isValid = verify(
    'sha256',
    Buffer.from(text),
    certificate ?? '',
    Buffer.from(decodeURIComponent(signature ?? ''), 'base64'),
  )
  assert.ok(isValid, asked.search)
  assert.match(await (await fetch(made.metadata_url)).text(), /AuthnRequestsSigned="true"/)
  await change({ signed_requests: false })
})

test('people begin at the provider where that is allowed, and are asked for there once more', async () => {
  const unsolicited = async () => {
    const agent = new UserAgent(server.url)
    const { xml: _, ...request } = readRequest((await begin()).asked)
    const xml = idp.response({ ...request, xml: '' }, { nameId: 'ada-1', unsolicited: true })
    return { agent, end: await post(agent, request.acsUrl, { SAMLResponse: Buffer.from(xml).toString('base64') }) }
  }
  const refused = await unsolicited()
  assert.equal(isSignedIn(refused.agent), false)
  const start = 'https://app.acme.example/sign-in'
  await server.api('PATCH', `${PROVIDERS}/${made.id}`, { idp_initiated: true, start_url: start })
  const { agent, end } = await unsolicited()
  assert.ok(end.away && !isSignedIn(agent), 'the response itself signs nobody in')
  const { acsUrl, form } = idp.answer(end.away, { nameId: 'ada-1' })
  const { away, text } = await post(agent, acsUrl, form)
  assert.deepEqual([isSignedIn(agent), away?.href], [true, start], text)
  await server.api('PATCH', `${PROVIDERS}/${made.id}`, { idp_initiated: false, start_url: null })
})

test('metadata fills in the settings of a provider', async () => {
  const body = { provider_type: 'saml', name: 'By metadata', metadata: idp.metadata() }
  const read = await server.api<Record<string, unknown>>('POST', PROVIDERS, body)
  assert.deepEqual(
    [read.entity_id, read.sso_url, read.certificates, read.signed_requests],
    [idp.entityId, idp.ssoUrl, [idp.certificate.cert], true],
  )
  const next = makeSigner()
  const changed = idp
    .metadata()
    .replaceAll(idp.certificate.cert.replace(/-----[A-Z ]+-----|\s/g, ''), next.der.toString('base64'))
  const after = await server.api<Record<string, unknown>>('PATCH', `${PROVIDERS}/${read.id}`, { metadata: changed })
  assert.deepEqual(after.certificates, [next.cert])
  const wrong = ['<a/>', 'nonsense', idp.metadata().replace(/HTTP-Redirect/, 'HTTP-Artifact'), changed.repeat(2)]
  for (const metadata of wrong) {
    const { status } = await server.call('PATCH', `${PROVIDERS}/${read.id}`, { body: { metadata } })
    assert.equal(status, 400, metadata.slice(0, 40))
  }
  assert.equal(
    (await server.call('PATCH', `${PROVIDERS}/${read.id}`, { body: { metadata: 'https://10.0.0.1/a' } })).status,
    400,
  )
  await server.api('DELETE', `${PROVIDERS}/${read.id}`)
})

testWith(['xmlsec1'], 'what another implementation signs is accepted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-saml-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const key = file('key.pem', idp.certificate.key)
  const signed = (xml: string) => {
    const input = file('response.xml', xml.replace(/(<ds:(?:Digest|Signature)Value>)[^<]*/g, '$1'))
    const id = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion']
    return execFileSync('xmlsec1', ['--sign', '--privkey-pem', key, ...id, input], { encoding: 'utf8', stdio: 'pipe' })
  }
  assert.ok(isSignedIn((await signIn({ nameId: 'ada-1', after: signed })).agent))
  rmSync(folder, { recursive: true })
})
