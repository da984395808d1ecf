// Checks what hosted pages and mails show of brandings, and the addresses of what they refer to.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type MailServer, startMailServer } from '#testing/mail-server.ts'
import { SAMPLE_BRANDING, SAMPLE_LOGO } from '#testing/sample-branding.ts'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
let mails: MailServer

before(async () => {
  mails = await startMailServer({ tls: 'none' })
  server = await startServer({
    env: {
      COUNTERSIGN_SMTP_URL: mails.url,
      COUNTERSIGN_SMTP_TLS: 'optional',
      COUNTERSIGN_MAIL_FROM: 'no-reply@id.example.com',
    },
  })
})
after(async () => {
  await server.stop()
  await mails[Symbol.asyncDispose]()
})

interface View {
  readonly own: Record<string, unknown>
  readonly effective: Record<string, unknown>
  readonly notices: string[]
}
interface File {
  readonly file: string
  readonly media_type: string
  readonly bytes: number
  readonly path: string
}

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const REALM = '/v1/realms/default/branding'

let count = 0
async function makeRealm(): Promise<{ admin: string; base: string }> {
  const { issuer_id: id } = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: `Realm ${++count}` })
  return { admin: `/v1/realms/${id}`, base: `/realms/${id}` }
}

async function get(path: string, headers: Record<string, string> = {}) {
  const reply = await fetch(server.url + path, { headers })
  return { status: reply.status, headers: reply.headers, text: await reply.text() }
}

const upload = (path: string, as: string, content: Buffer, more: object = {}) =>
  server.call('POST', path, { body: { as, content: content.toString('base64'), ...more } })

async function refusal(path: string, body: unknown): Promise<string> {
  const { status, body: answered } = await server.call('PATCH', path, { body })
  assert.ok([400, 422].includes(status), JSON.stringify(answered))
  return JSON.stringify(answered)
}

/** The stylesheet that a page links to. */
async function stylesheetOf(page: string): Promise<string> {
  const href = /href="([^"]*\/assets\/branding\.css\?[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
  if (href === undefined) return ''
  const { text, headers } = await get(href)
  assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.match(headers.get('content-type') ?? '', /^text\/css/)
  return text
}

/** The page that a browser is led to by an authorization request. */
async function signInPage(base: string, query: URLSearchParams): Promise<string> {
  const first = await fetch(`${server.url}${base}/oauth/authorize?${query}`, { redirect: 'manual' })
  const cookies = first.headers.getSetCookie().map((one) => one.split(';')[0])
  const { href } = new URL(first.headers.get('location') ?? '', server.url)
  const { status, text } = await get(href.replace(server.url, ''), { cookie: cookies.join('; ') })
  assert.equal(status, 200)
  return text
}

test('a client inherits from its organization, that from the realm, and the realm from the tenant', async () => {
  await server.api('PATCH', '/v1/branding', { color: '#0000aa', font: 'serif', name: 'The tenant' })
  const realm = await makeRealm()
  const client = await server.api<{ id: string; client_id: string }>('POST', `${realm.admin}/clients`, {
    label: 'App',
    organization_usage: 'allowed',
    redirect_uris: ['https://app.example/cb'],
    grant_types: ['authorization_code'],
    auth_method: 'none',
  })
  const tokens = { radius: '4px' }
  await server.api('PATCH', `${realm.admin}/branding`, { tokens, texts: { en: { headline: 'Of the realm' } } })
  const own = { client_id: client.id, colors: { dark: { primary: '#aaffaa' } }, texts: { en: { intro: 'Of the app' } } }
  const view = await server.api<View>('PATCH', `${realm.admin}/branding`, own)
  assert.deepEqual(view.effective, {
    name: 'The tenant',
    font: 'serif',
    tokens,
    colors: { light: { primary: '#0000aa' }, dark: { primary: '#aaffaa' } },
    texts: { en: { headline: 'Of the realm', intro: 'Of the app' } },
  })
  const query = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: 'https://app.example/cb',
    response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const page = await signInPage(realm.base, query)
  assert.match(page, /<h1>Of the realm<\/h1>[\s\S]*Of the app/)
  assert.match(page, /<bdi>The tenant<\/bdi>/)
  const css = await stylesheetOf(page)
  assert.match(css, /--radius:4px/)
  assert.match(css, /--accent:#0000aa/)
  assert.match(css, /dark\)\{:root\{--accent:#aaffaa/)
  assert.match(css, /--font:Charter/)
  const ofRealm = await stylesheetOf((await get(`${realm.base}/account`)).text)
  assert.doesNotMatch(ofRealm, /#aaffaa/)
  const acme = await server.api<{ id: string }>('POST', `${realm.admin}/organizations`, { name: 'Acme', slug: 'acme' })
  const ofAcme = {
    organization_id: acme.id,
    name: 'Acme',
    colors: { dark: { primary: '#ffaaaa' } },
    tokens: { gap: '10px' },
  }
  await server.api('PATCH', `${realm.admin}/branding`, ofAcme)
  const shown = await signInPage(realm.base, new URLSearchParams([...query, ['organization', 'acme']]))
  assert.match(shown, /<bdi>Acme<\/bdi>/)
  const both = await stylesheetOf(shown)
  for (const part of ['--gap:10px', '--radius:4px', '--accent:#aaffaa']) assert.ok(both.includes(part), part)
  await server.api('PATCH', '/v1/branding', { color: null, font: null, name: null })
  assert.doesNotMatch(await stylesheetOf((await get(`${realm.base}/account`)).text), /0000aa/)
})

test('values that could leave their declaration, load something or make a page unusable are refused, and change nothing', async () => {
  const { own: before } = await server.api<View>('GET', REALM)
  for (const [given, at] of [
    [{ tokens: { radius: '4px;}*{display:none' } }, 'tokens.radius'],
    [{ tokens: { radius: 'url(https://evil.example)' } }, 'tokens.radius'],
    [{ tokens: { radius: 'calc(1px)' } }, 'tokens.radius'],
    [{ tokens: { size: '2px' } }, 'tokens.size'],
    [{ tokens: { shadow: '0 0 0 9999px red' } }, 'tokens.shadow'],
    [{ tokens: { '--x': '1px' } }, 'tokens'],
    [{ colors: { light: { primary: 'red' } } }, 'colors.light.primary'],
    [{ colors: { light: { primary: '#fff' } } }, 'colors.light.primary'],
    [{ font: 'https://fonts.example/x.woff2' }, 'font'],
    [{ font: 'Arial;}' }, 'font'],
    [{ logo: 'https://evil.example/x.png' }, 'logo'],
    [{ logo: `${'0'.repeat(64)}.png` }, 'logo'],
    [{ logo: 'data:image/svg+xml,<svg/>' }, 'logo'],
    [{ name: 'a\u202eb' }, 'name'],
    [{ texts: { en: { privacy: 'javascript:alert(1)' } } }, 'texts.en.privacy'],
    [{ texts: { en: { terms: 'http://a.example' } } }, 'texts.en.terms'],
    [{ texts: { en: { support: 'mailto:a@b.example?cc=c@d.example' } } }, 'texts.en.support'],
    [{ texts: { xx: {} } }, 'texts'],
    [{ css: '@import' }, 'css'],
  ] as const) {
    assert.ok((await refusal(REALM, given)).includes(at), at)
  }
  assert.deepEqual((await server.api<View>('GET', REALM)).own, before)
})

test('colours that would make text unreadable are adjusted, and it is said which', async () => {
  const realm = await makeRealm()
  const colors = { light: { primary: '#ffff00', background: '#000000' }, dark: { text: '#000000' } }
  const { notices } = await server.api<View>('PATCH', `${realm.admin}/branding`, { colors })
  assert.deepEqual(
    notices.map((notice) => notice.split(':')[0]),
    ['colors.light.primary', 'colors.light.background', 'colors.dark.text'],
  )
})

test('a logo is told by its content, cleaned, and served for ever from the address of the realm', async () => {
  const realm = await makeRealm()
  const hostile = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><foreignObject/><path d="M0 0"/></svg>',
  )
  const { status, body } = await upload(`${realm.admin}/branding/files`, 'logo', hostile)
  assert.equal(status, 201)
  const { file, media_type, path } = body as File
  assert.equal(media_type, 'image/svg+xml')
  const served = await get(realm.base + path)
  assert.equal(served.text, '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>')
  assert.equal(served.headers.get('content-security-policy'), "default-src 'none'; sandbox")
  assert.equal(served.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(served.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(served.headers.get('content-type'), 'image/svg+xml')
  const page = await get(`${realm.base}/account`)
  assert.match(page.text, new RegExp(`<img class="logo" src="${realm.base}/assets/branding/${file}"`))
  assert.match(
    page.headers.get('content-security-policy') ?? '',
    /default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'/,
  )
  const icon = await upload(`${realm.admin}/branding/files`, 'favicon', PIXEL)
  assert.match(
    (await get(`${realm.base}/account`)).text,
    new RegExp(`<link rel="icon" href="${realm.base}/assets/branding/${(icon.body as File).file}"`),
  )

  for (const [as, content] of [
    ['logo', Buffer.from('GIF89a')],
    ['logo', Buffer.from('<html><svg></svg></html>')],
    ['logo', Buffer.concat([PIXEL.subarray(0, 16), Buffer.from([0, 1, 0, 0]), PIXEL.subarray(20)])],
    ['font', PIXEL],
    ['font', Buffer.from(`wOF2${'x'.repeat(60)}`)],
    ['logo', Buffer.from('<svg><script></svg>')],
  ] as const)
    assert.ok([400, 422].includes((await upload(`${realm.admin}/branding/files`, as, content)).status), String(content))
  for (const name of [
    `${'0'.repeat(64)}.png`,
    '../branding.css',
    '..%2f..%2fx',
    `${file}.html`,
    file.replace('.svg', '.png'),
  ]) {
    assert.equal(
      (await get(`${realm.base}/assets/branding/${name}`)).status,
      name === '../branding.css' ? 200 : 404,
      name,
    )
  }
})

test('a file of one tenant is not served to another, and none can refer to it', async () => {
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Other', slug: 'other' })
  const { body } = await upload('/v1/branding/files', 'logo', SAMPLE_LOGO, { use: false })
  const { file, path } = body as File
  const { data } = await server.api<{ data: { issuer_id: string }[] }>('GET', `/v1/realms?tenant_id=${tenant.id}`)
  assert.equal((await get(`/realms/${data[0]?.issuer_id}${path}`)).status, 404)
  assert.equal((await get(path)).status, 200)
  await refusal(`/v1/branding?tenant_id=${tenant.id}`, { logo: file })
  const { status } = await server.call('PATCH', `/v1/tenants/${tenant.id}`, {
    body: { branding_members: { logo: file } },
  })
  assert.ok([400, 422].includes(status))
})

test('the object that tenants have and the branding are the same', async () => {
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Same', slug: 'same' })
  const logo = 'data:image/png;base64,AAAA'
  const patch = { branding_members: { color: '#aa0000', logo, own: { any: 1 } } }
  assert.equal((await server.call('PATCH', `/v1/tenants/${tenant.id}`, { body: patch })).status, 200)
  const { own } = await server.api<View>('GET', `/v1/branding?tenant_id=${tenant.id}`)
  assert.deepEqual(own, { color: '#aa0000', logo })
  await server.api('PATCH', `/v1/branding?tenant_id=${tenant.id}`, { font: 'serif', color: null })
  const { branding } = await server.api<{ branding: object }>('GET', `/v1/tenants/${tenant.id}`)
  assert.deepEqual(branding, { logo, font: 'serif', own: { any: 1 } })
  const flawed = await server.call('PATCH', `/v1/tenants/${tenant.id}`, {
    body: { branding_members: { tokens: { radius: 'x' } } },
  })
  assert.ok([400, 422].includes(flawed.status))
})

test('a preview shows a draft and stores nothing; it has no scripts, no forms that do something, and few can embed it', async () => {
  const realm = await makeRealm()
  const { own: before } = await server.api<View>('GET', `${realm.admin}/branding`)
  for (const page of ['sign_in', 'consent', 'mail']) {
    const asked = { page, language: 'ar', draft: SAMPLE_BRANDING }
    const { url } = await server.api<{ url: string }>('POST', `${realm.admin}/branding/preview`, asked)
    assert.ok(url.startsWith(`${server.url}${realm.base}/branding/preview?draft=`))
    const shown = await get(url.replace(server.url, ''))
    assert.equal(shown.status, 200)
    assert.match(shown.text, /dir="rtl"/)
    assert.match(shown.text, /Crimson &amp; Sons/)
    assert.match(shown.text, page === 'mail' ? /background:#fdf2f6/ : /--radius:24px/)
    assert.doesNotMatch(shown.text, /<script/)
    const policy = shown.headers.get('content-security-policy') ?? ''
    assert.match(
      policy,
      /^default-src 'none'; style-src [^;]*; img-src 'self' data:; font-src 'self'; form-action 'none'; frame-ancestors 'self' http:\/\/127\.0\.0\.1:\d+; base-uri 'none'$/,
    )
    assert.equal(policy.includes('unsafe-inline'), page === 'mail')
    assert.deepEqual(shown.headers.getSetCookie(), [])
    assert.equal((await get(url.replace(server.url, '').replace(realm.base, ''))).status, 404)
  }
  assert.equal((await get(`${realm.base}/branding/preview?draft=x`)).status, 404)
  assert.deepEqual((await server.api<View>('GET', `${realm.admin}/branding`)).own, before)
})

test('mails show the colours, the name, the logo and the links of the realm', async () => {
  const realm = await makeRealm()
  await upload(`${realm.admin}/branding/files`, 'logo', PIXEL)
  await server.api('PATCH', `${realm.admin}/branding`, SAMPLE_BRANDING)
  const user = await server.api<{ id: string }>('POST', `${realm.admin}/users`, { email: 'ada@example.com' })
  await server.api('POST', `${realm.admin}/users/${user.id}/send-password-reset`)
  while (mails.mails.length === 0) await setTimeout(20)
  const { html = '', text = '' } = mails.mails[0]?.parsed ?? {}
  assert.match(
    html,
    new RegExp(`<img src="${server.url}${realm.base}/assets/branding/[0-9a-f]{64}.png" alt="Crimson &amp; Sons"`),
  )
  assert.match(html, /background:#ffffff/)
  assert.match(html, /href="https:\/\/crimson\.example\/privacy"/)
  assert.match(text, /https:\/\/crimson\.example\/terms/)
  assert.match(text, /mailto:help@crimson\.example/)
})

test('who may not change brandings, or reaches another realm only, is refused', async () => {
  const [own, other] = [await makeRealm(), await makeRealm()]
  const keyOf = async (permissions: string[]) =>
    (
      await server.api<{ key: string }>('POST', '/v1/api-keys', {
        ...{ name: 'k', permissions, reach: 'realm' },
        realm: own.admin.split('/').at(-1),
      })
    ).key
  const reader = await keyOf(['brandings:read'])
  const writer = await keyOf(['brandings:write', 'brandings:read'])
  const status = async (method: string, path: string, key: string, body?: unknown) =>
    (await server.call(method, path, { key, body })).status
  assert.equal(await status('GET', `${own.admin}/branding`, reader), 200)
  assert.equal(await status('PATCH', `${own.admin}/branding`, reader, { color: '#000000' }), 403)
  assert.equal(await status('POST', `${own.admin}/branding/preview`, reader, {}), 403)
  assert.equal(await status('PATCH', `${own.admin}/branding`, writer, { color: '#000000' }), 200)
  assert.equal(await status('GET', `${other.admin}/branding`, writer), 404)
  assert.equal(await status('PATCH', '/v1/branding', writer, { color: '#000000' }), 403)
})
