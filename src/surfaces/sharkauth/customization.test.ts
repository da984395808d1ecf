// Checks flows, webhooks, mails and branding of SharkAuth’s document.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Receiver, startReceiver } from '#testing/receiver.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

let server: TestServer
let receiver: Receiver
before(async () => {
  receiver = await startReceiver()
  server = await startServer({ env: { COUNTERSIGN_DEV_INBOX: 'true' } })
})
after(async () => {
  await server.stop()
  await receiver[Symbol.asyncDispose]()
})

type Thing = Readonly<Record<string, unknown>> & { readonly id: string }

async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string | null) {
  const reply = await server.call(method, `/api/v1${path}`, { ...(key !== undefined && { key }), body })
  return { status: reply.status, body: reply.body as T }
}

const FLOW = {
  name: 'Require MFA on login',
  trigger: 'login',
  enabled: true,
  priority: 10,
  steps: [
    { type: 'require_mfa_enrollment', config: {} },
    { type: 'require_mfa_challenge', config: {} },
  ],
}

test('POST /api/v1/admin/flows, GET /api/v1/admin/flows, GET /api/v1/admin/flows/{id}: the document’s example, literally', async () => {
  const { status, body } = await ask('POST', '/admin/flows', FLOW)
  assert.equal(status, 201, JSON.stringify(body))
  const { id, created_at, updated_at, conditions, secret, ...rest } = body
  assert.deepEqual(rest, FLOW)
  assert.match(id, /^flow_[0-9a-z]{26}$/)
  assert.deepEqual([conditions, created_at, typeof secret], [{}, updated_at, 'string'])
  const shown = await ask('GET', `/admin/flows/${id}`)
  assert.deepEqual([shown.body.name, 'secret' in shown.body], [FLOW.name, false])
  const list = await ask<{ data: Thing[]; total: number }>('GET', '/admin/flows?trigger=login')
  assert.deepEqual([list.body.data.map((flow) => flow.id), list.body.total], [[id], 1])
  const wrong = await ask('POST', '/admin/flows', { ...FLOW, steps: [{ type: 'nothing' }] })
  assert.deepEqual([wrong.status, wrong.body.error], [400, 'invalid_request'])
})

test('PATCH /api/v1/admin/flows/{id}, DELETE /api/v1/admin/flows/{id}: enabled is a flag; ids of steps have the document’s prefix', async () => {
  const role = await ask('POST', '/roles', { name: 'flow-role' })
  const steps = [{ type: 'assign_role', config: { role_id: role.body.id } }]
  const { body } = await ask('POST', '/admin/flows', { name: 'Role', trigger: 'signup', steps })
  const changed = await ask('PATCH', `/admin/flows/${body.id}`, { enabled: false, priority: 3 })
  assert.deepEqual([changed.status, changed.body.enabled, changed.body.priority], [200, false, 3])
  assert.equal((await ask('DELETE', `/admin/flows/${body.id}`)).status, 204)
  assert.equal((await ask('GET', `/admin/flows/${body.id}`)).status, 404)
})

test('POST /api/v1/admin/flows/{id}/test, GET /api/v1/admin/flows/{id}/runs: weakness 21, a dry run changes and sends nothing', async () => {
  const steps = [
    { type: 'webhook', config: { url: receiver.url } },
    { type: 'require_mfa_enrollment', config: {} },
  ]
  const { body } = await ask('POST', '/admin/flows', { name: 'Calls', trigger: 'magic_link', steps })
  const before = receiver.received.length
  const user = { id: 'usr_dryrun', email: 'dry@example.com', mfa_enabled: false }
  const tried = await ask<{ outcome: string; blocked_at_step: number; timeline: Thing[] }>(
    'POST',
    `/admin/flows/${body.id}/test`,
    { user },
  )
  assert.equal(tried.status, 200, JSON.stringify(tried.body))
  assert.deepEqual(
    tried.body.timeline.map(({ index, type, outcome }) => [index, type, outcome]),
    [
      [0, 'webhook', 'not_called'],
      [1, 'require_mfa_enrollment', 'awaiting_mfa_enrollment'],
    ],
  )
  assert.equal(receiver.received.length, before)
  assert.deepEqual((await ask('GET', `/admin/flows/${body.id}/runs?limit=5`)).body, { data: [] })
})

interface Sent {
  readonly event: string
  readonly created_at: string
  readonly data: Record<string, unknown>
}

test('POST /api/v1/webhooks, GET /api/v1/webhooks/events: weakness 17, every event of the catalogue is fired, signed and named', async () => {
  const { body: catalogue } = await ask<{ events: string[] }>('GET', '/webhooks/events')
  assert.deepEqual(catalogue.events, [
    ...['mfa.enabled', 'org.created', 'org.deleted', 'org.member.added', 'session.created', 'session.revoked'],
    ...['system.audit_log', 'user.created', 'user.deleted', 'user.updated', 'webhook.test'],
  ])
  const made = await ask('POST', '/webhooks', { url: receiver.url, events: ['user.*', ...catalogue.events] })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.match(String(made.body.secret), /^whsec_/)
  const from = receiver.received.length
  const { body: user } = await ask('POST', '/admin/users', { email: 'hook@example.com', name: 'Hook' })
  await ask('PATCH', `/users/${user.id}`, { name: 'Hooked' })
  const team = await server.api<Thing>('POST', '/v1/realms/default/organizations', { name: 'Hooks', slug: 'hooks' })
  const members = `/v1/realms/default/organizations/${team.id}`
  await server.api('POST', `${members}/members`, { user_id: user.id, role: 'admin' })
  await server.api('DELETE', members)
  await ask('DELETE', `/users/${user.id}`)
  const of = (name: string) =>
    receiver.received
      .slice(from)
      .filter(({ headers }) => headers['x-shark-event'] === name)
      .map(({ body }) => JSON.parse(body) as Sent)
  await until(
    () => of('user.deleted').length > 0,
    () => receiver.received.slice(from).map(({ headers }) => headers['x-shark-event']),
  )
  const [created] = of('user.created')
  assert.deepEqual(created?.data, {
    ...{ id: user.id, email: 'hook@example.com', email_verified: false, created_at: created?.created_at },
  })
  assert.equal(of('user.updated')[0]?.data.id, user.id)
  assert.deepEqual(of('user.deleted')[0]?.data, { id: user.id })
  assert.deepEqual([of('org.created')[0]?.data.slug, of('org.deleted')[0]?.data.id], ['hooks', team.id])
  const [added] = of('org.member.added')
  assert.deepEqual(added?.data, { organization_id: team.id, user_id: user.id, role: 'admin', via: 'admin' })
  const rows = of('system.audit_log').map(({ data }) => data.action)
  assert.ok(rows.includes('user.created') && rows.includes('organization.deleted'), rows.join(' '))
  const { headers, body } = receiver.received.at(-1) as Receiver['received'][number]
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-shark-signature'])) ?? []
  assert.equal(v1, createHmac('sha256', String(made.body.secret)).update(`${t}.${body}`).digest('hex'))
  assert.equal(headers['user-agent'], 'SharkAuth-Webhook/1.0')
  assert.match(String(headers['x-shark-delivery']), /^whd_/)
})

test('GET /api/v1/webhooks, GET /api/v1/webhooks/{id}, PATCH /api/v1/webhooks/{id}, DELETE /api/v1/webhooks/{id}: names of the catalogue both ways', async () => {
  const { body } = await ask('POST', '/webhooks', {
    url: receiver.url,
    events: ['org.created', 'organization.deleted'],
  })
  assert.deepEqual([body.events, body.enabled], [['org.created', 'org.deleted'], true])
  const changed = await ask('PATCH', `/webhooks/${body.id}`, { events: ['mfa.enabled'], enabled: false })
  assert.deepEqual([changed.body.events, changed.body.enabled], [['mfa.enabled'], false])
  const list = await ask<{ webhooks: Thing[] }>('GET', '/webhooks')
  assert.ok(list.body.webhooks.some(({ id }) => id === body.id))
  assert.deepEqual((await ask('GET', `/webhooks/${body.id}`)).body, changed.body)
  const wrong = await ask<{ details: object }>('POST', '/webhooks', { url: receiver.url, events: ['user.flies'] })
  assert.deepEqual([wrong.status, Object.keys(wrong.body.details)], [400, ['events.0']])
  const inside = await ask('POST', '/webhooks', { url: 'http://169.254.169.254/', events: ['user.created'] })
  assert.deepEqual([inside.status, inside.body.error], [400, 'unreachable_host'], 'weakness 12')
  assert.equal((await ask('DELETE', `/webhooks/${body.id}`)).status, 204)
  assert.equal((await ask('GET', `/webhooks/${body.id}`)).status, 404)
})

test('POST /api/v1/webhooks/{id}/test, GET /api/v1/webhooks/{id}/deliveries, POST /api/v1/webhooks/{id}/deliveries/{deliveryId}/replay: one by one', async () => {
  const { body: hook } = await ask('POST', '/webhooks', { url: receiver.url, events: ['org.created'] })
  const tested = await ask('POST', `/webhooks/${hook.id}/test`, { event_type: 'user.created' })
  assert.deepEqual([tested.status, tested.body.event], [202, 'user.created'])
  assert.equal((await ask('POST', `/webhooks/${hook.id}/test`)).body.event, 'webhook.test')
  assert.equal((await ask('POST', `/webhooks/${hook.id}/test`, { event_type: 'user.flies' })).status, 400)
  await server.api('POST', '/v1/realms/default/organizations', { name: 'Replayed', slug: 'replayed' })
  const deliveries = async () =>
    (await ask<{ data: Thing[] }>('GET', `/webhooks/${hook.id}/deliveries`)).body.data.filter(
      ({ event }) => event === 'org.created',
    )
  await until(async () => (await deliveries())[0]?.success === true)
  const [first] = await deliveries()
  assert.deepEqual([first?.status, first?.attempt, first?.status_code], ['delivered', 1, 200])
  const replayed = await ask('POST', `/webhooks/${hook.id}/deliveries/${first?.id}/replay`)
  assert.deepEqual([replayed.status, replayed.body.event], [202, 'org.created'])
  assert.notEqual(replayed.body.new_delivery_id, first?.id)
  await until(async () => (await deliveries()).length === 2)
})

test('GET /api/v1/admin/email-config, PATCH /api/v1/admin/email-config: where people go after a mail', async () => {
  assert.deepEqual((await ask('GET', '/admin/email-config')).body, {})
  const url = `${server.url}/welcome`
  const changed = await ask('PATCH', '/admin/email-config', { verify_redirect_url: url })
  assert.deepEqual(changed.body, { verify_redirect_url: url }, 'weakness 20: nothing else is erased')
  assert.equal((await ask('PATCH', '/admin/email-config', { reset_redirect_url: 'https://evil.example/' })).status, 400)
  assert.deepEqual((await ask('PATCH', '/admin/email-config', { verify_redirect_url: null })).body, {})
})

test('POST /api/v1/admin/test-email, GET /api/v1/admin/dev/emails, GET /api/v1/admin/dev/emails/{id}, DELETE /api/v1/admin/dev/emails: kept, shown and deleted', async () => {
  assert.deepEqual((await ask('POST', '/admin/test-email', { to: 'try@example.com' })).body, {
    ...{ sent: true, to: 'try@example.com' },
  })
  const kept = async () => (await ask<{ data: Thing[] }>('GET', '/admin/dev/emails?limit=1')).body.data[0]
  await until(async () => (await kept()) !== undefined)
  const mail = await kept()
  assert.match(String(mail?.id), /^de_/)
  const { body } = await ask('GET', `/admin/dev/emails/${mail?.id}`)
  assert.equal(body.to, 'try@example.com')
  assert.ok(String(body.html).includes('<') && typeof body.text === 'string')
  assert.equal((await ask('DELETE', '/admin/dev/emails')).status, 204)
  assert.deepEqual((await ask('GET', '/admin/dev/emails')).body, { data: [] })
})

test('GET /api/v1/admin/email-templates, GET /api/v1/admin/email-templates/{id}, PATCH /api/v1/admin/email-templates/{id}, POST /api/v1/admin/email-templates/{id}/reset: the document’s names', async () => {
  const { body } = await ask<{ data: Thing[] }>('GET', '/admin/email-templates')
  const ids = body.data.map(({ id }) => id)
  for (const id of ['magic_link', 'password_reset', 'verify_email', 'organization_invitation'])
    assert.ok(ids.includes(id), id)
  const changed = await ask('PATCH', '/admin/email-templates/magic_link', {
    subject: 'Sign in to {{.AppName}}',
    body_paragraphs: ['Hello {{.UserEmail}}'],
    footer_text: 'One\nTwo',
  })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.deepEqual(
    [changed.body.id, changed.body.subject, changed.body.body_paragraphs, changed.body.footer_text],
    ['magic_link', 'Sign in to {{ realm }}', ['Hello {{ account }}'], 'One\nTwo'],
  )
  assert.deepEqual((await ask('GET', '/admin/email-templates/magic_link')).body, changed.body)
  assert.equal((await ask('PATCH', '/admin/email-templates/magic_link', { subject: '{{ nobody }}' })).status, 400)
  const reset = await ask('POST', '/admin/email-templates/magic_link/reset')
  assert.notEqual(reset.body.subject, changed.body.subject)
  assert.equal((await ask('GET', '/admin/email-templates/nothing')).status, 404)
})

test('POST /api/v1/admin/email-templates/{id}/preview, GET /api/v1/admin/email-preview/{template}, POST /api/v1/admin/email-templates/{id}/send-test: what it looks like', async () => {
  const preview = await ask('POST', '/admin/email-templates/verify_email/preview', { sample_data: { AppName: 'Acme' } })
  assert.equal(preview.status, 200, JSON.stringify(preview.body))
  assert.ok(String(preview.body.html).includes('Acme'))
  const shown = await ask('GET', '/admin/email-preview/password_reset')
  assert.deepEqual(Object.keys(shown.body), ['template', 'subject', 'html'])
  assert.equal(shown.body.template, 'password_reset')
  const sent = await ask('POST', '/admin/email-templates/verify_email/send-test', { to_email: 'try@example.com' })
  assert.deepEqual(sent.body, { status: 'sent' })
})

test('GET /api/v1/admin/branding, PATCH /api/v1/admin/branding, PATCH /api/v1/admin/branding/design-tokens: weakness 21, tokens are shown and used', async () => {
  const changed = await ask<{ branding: Thing; fonts: string[] }>('PATCH', '/admin/branding', {
    ...{ name: 'Acme', primary_color: '#112233', secondary_color: '#445566', font_family: 'serif' },
  })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.deepEqual(changed.body.branding, {
    ...{ name: 'Acme', primary_color: '#112233', secondary_color: '#445566', font_family: 'serif' },
  })
  assert.ok(changed.body.fonts.includes('serif'))
  const tokens = await ask('PATCH', '/admin/branding/design-tokens', { design_tokens: { radius: '13px' } })
  assert.deepEqual((tokens.body.data as Thing).design_tokens, { radius: '13px' })
  assert.deepEqual((await ask('GET', '/admin/branding')).body, changed.body)
  const page = await (await fetch(`${server.url}/login`)).text()
  const [, sheet = ''] = /href="([^"]*brand[^"]*\.css[^"]*)"/.exec(page) ?? []
  if (sheet) assert.ok((await (await fetch(new URL(sheet, server.url))).text()).includes('13px'))
  assert.equal((await ask('PATCH', '/admin/branding', { primary_color: 'red' })).status, 400)
})

test('POST /api/v1/admin/branding/logo, DELETE /api/v1/admin/branding/logo: a file by its content, cleaned', async () => {
  const form = new FormData()
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><circle cx="1" cy="1" r="1"/></svg>'
  form.set('logo', new File([svg], 'logo.svg', { type: 'image/svg+xml' }))
  const { status, body } = await ask('POST', '/admin/branding/logo', form)
  assert.equal(status, 200, JSON.stringify(body))
  const served = await fetch(String(body.logo_url))
  assert.deepEqual([served.status, served.headers.get('content-type')], [200, 'image/svg+xml'])
  assert.match(served.headers.get('cache-control') ?? '', /immutable/)
  assert.ok(!(await served.text()).includes('script'))
  const { body: shown } = await ask<{ branding: Thing }>('GET', '/admin/branding')
  assert.deepEqual([shown.branding.logo_sha, shown.branding.logo_url], [body.logo_sha, body.logo_url])
  assert.equal(new URL(String(body.logo_url)).pathname, `/assets/branding/${body.logo_sha}.svg`)
  const text = new FormData()
  text.set('logo', new File(['plain'], 'logo.png', { type: 'image/png' }))
  assert.equal((await ask('POST', '/admin/branding/logo', text)).status, 400)
  assert.equal((await ask('DELETE', '/admin/branding/logo')).status, 204)
  assert.ok(!('logo_url' in (await ask<{ branding: Thing }>('GET', '/admin/branding')).body.branding))
})

test('every error has a page at the address in docs_url', async () => {
  for (const [path, key, word] of [
    ['/admin/flows', null, 'unauthorized'],
    ['/admin/flows/flow_00000000000000000000000000', undefined, 'not_found'],
    ['/webhooks/wh_1', undefined, 'not_found'],
  ] as const) {
    const { body } = await ask<Record<string, string>>('GET', path, undefined, key)
    if (key === null && body.error === undefined) continue
    assert.deepEqual([body.error, body.code], [word, word])
    const page = await fetch(String(body.docs_url))
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    assert.ok((await page.text()).includes(`<code>${word}</code>`))
  }
  assert.equal((await fetch(`${server.adminUrl}/errors/nothing`)).status, 404)
})
