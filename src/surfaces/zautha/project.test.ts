// Checks the routes for projects.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'
import { type Answered, assertProblem } from '#testing/problem.ts'

// Zautha, “Projects”, “API keys” and “Signing keys”: every route, as the tenant’s administrator and as somebody else’s.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const PROJECTS = '/v1/admin/projects'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NOWHERE = '018f0000-0000-7000-8000-000000000000'
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Project {
  readonly id: string
  readonly issuer: string
  readonly [field: string]: unknown
}

type Reply<T> = Omit<Answered, 'body'> & { readonly body: T }

/** Default caller: the administrator of the tenant `shop`. */
async function ask<T = Project>(method: string, path: string, body?: unknown, key?: string): Promise<Reply<T>> {
  return (await plane.server.call(method, path, { key: key ?? plane.shop.admin, body })) as Reply<T>
}

let count = 0
async function makeProject(more: object = {}): Promise<Project> {
  const { status, body } = await ask('POST', PROJECTS, { name: `Project ${++count}`, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

/** That the path is there for the tenant’s own administrators only, whoever else administers something. */
async function assertOwnOnly(method: string, path: string, body?: unknown): Promise<void> {
  for (const key of [plane.bank.admin, plane.sibling.program, plane.superAdmin]) {
    assertProblem(await ask(method, path, body, key), 404, path)
  }
  await assertAdministratorsOnly(method, path, body)
}

async function assertAdministratorsOnly(method: string, path: string, body?: unknown): Promise<void> {
  assertProblem(await ask(method, path, body, plane.acme.admin), 403, path)
  const nobody = await plane.server.call(method, path, { key: null, body })
  assertProblem(nobody, 401, path)
  assert.equal(nobody.headers.get('www-authenticate'), 'Bearer')
  assertProblem(await ask(method, path, body, plane.server.adminKey), 401, path)
}

const jwksOf = async ({ issuer }: Project): Promise<string[]> => {
  const { keys } = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

test('POST /v1/admin/projects: makes one that is an issuer at once; a slug is one project’s', async () => {
  const given = {
    name: 'Web Shop',
    environment: 'production',
    allowed_origins: ['https://shop.example'],
    allowed_redirects: ['https://shop.example/callback'],
    settings_json: { theme: { dark: true } },
  }
  const { status, body } = await ask('POST', PROJECTS, { ...given, unknown: 'is passed over' })
  assert.equal(status, 201)
  const { id, issuer, created_at, updated_at, tenant_id, ...rest } = body
  assert.deepEqual(rest, { ...given, slug: 'web-shop' })
  assert.match(id, UUID)
  assert.equal(renderId('tenant', String(tenant_id)), plane.shop.id)
  assert.match(String(created_at), TIME)
  assert.equal(updated_at, created_at)
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Project
  assert.equal(metadata.issuer, issuer)
  assert.ok((await jwksOf(body)).length > 0)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'project.created')
  assert.deepEqual([event?.subject.id, event?.surface], [renderId('project', id), 'zautha'])

  const { body: least } = await ask('POST', PROJECTS, { name: 'Least' })
  assert.deepEqual([least.slug, least.environment, least.allowed_origins], ['least', 'development', []])
  const words = await ask('POST', PROJECTS, { name: 'Words', origins: ['https://a.example'], settings: { b: 1 } })
  assert.deepEqual([words.body.allowed_origins, words.body.settings_json], [['https://a.example'], { b: 1 }])
  assertProblem(await ask('POST', PROJECTS, { name: 'Other', slug: 'web-shop' }), 409, PROJECTS)
  assertProblem(await ask('POST', PROJECTS, { slug: 'x', environment: 'test' }), 400, PROJECTS, [
    'name',
    'slug',
    'environment',
  ])
  const flawed = {
    name: 'Flawed',
    allowed_origins: ['https://a.example/path'],
    allowed_redirects: ['https://a.example/*'],
  }
  assertProblem(await ask('POST', PROJECTS, flawed), 400, PROJECTS, ['allowed_origins.0', 'allowed_redirects.0'])
  const sameSlugElsewhere = await ask('POST', PROJECTS, { name: 'Web Shop' }, plane.bank.admin)
  assert.equal(sameSlugElsewhere.status, 201)
  const named = await ask('POST', `${PROJECTS}?tenant_id=${plane.bank.id}`, { name: 'Elsewhere' })
  assertProblem(named, 400, PROJECTS, ['tenant_id'])
  await assertAdministratorsOnly('POST', PROJECTS, { name: 'Nobody’s' })
})

interface List {
  readonly pagination: { readonly page: number; readonly limit: number; readonly total: number }
}

test('GET /v1/admin/projects: numbered pages of the tenant’s own', async () => {
  const made = await makeProject()
  const whole = await ask<List & { projects: Project[] }>('GET', `${PROJECTS}?limit=100`)
  assert.equal(whole.status, 200)
  const { total } = whole.body.pagination
  assert.deepEqual(whole.body.pagination, { page: 1, limit: 100, total })
  assert.equal(whole.body.projects.length, total)
  assert.deepEqual(whole.body.projects.at(-1), made)
  const page = await ask<List & { projects: Project[] }>('GET', `${PROJECTS}?page=2&limit=1`)
  assert.deepEqual(page.body, { projects: [whole.body.projects[1]], pagination: { page: 2, limit: 1, total } })
  const fifty = await ask<List>('GET', PROJECTS)
  assert.equal(fifty.body.pagination.limit, 50)
  assertProblem(await ask('GET', `${PROJECTS}?page=0&limit=101`), 400, PROJECTS, ['page', 'limit'])
  const others = await ask<{ projects: Project[] }>('GET', PROJECTS, undefined, plane.bank.admin)
  assert.ok(others.body.projects.every(({ id }) => id !== made.id))
  await assertAdministratorsOnly('GET', PROJECTS)
})

test('GET /v1/admin/projects/{id}: one of the tenant’s own', async () => {
  const made = await makeProject()
  const path = `${PROJECTS}/${made.id}`
  assert.deepEqual((await ask('GET', path)).body, made)
  assert.deepEqual((await ask('GET', `${PROJECTS}/${renderId('project', made.id)}`)).body, made)
  for (const id of [NOWHERE, 'nonsense', renderId('realm', made.id)]) {
    assertProblem(await ask('GET', `${PROJECTS}/${id}`), 404, `${PROJECTS}/${id}`)
  }
  await assertOwnOnly('GET', path)
})

test('PATCH /v1/admin/projects/{id}: replaces settings, origins and redirects, which hold at once', async () => {
  const made = await makeProject({ allowed_origins: ['https://old.example'], settings_json: { a: 1 } })
  const path = `${PROJECTS}/${made.id}`
  const change = {
    name: 'Renamed',
    allowed_origins: ['https://new.example'],
    allowed_redirects: ['https://new.example/callback'],
    settings_json: { b: 2 },
  }
  const { status, body } = await ask('PATCH', path, change)
  assert.equal(status, 200)
  assert.deepEqual(body, { ...made, ...change, updated_at: body.updated_at })
  const readers = ['https://old.example', 'https://new.example'].map(async (origin) => {
    const reply = await fetch(`${made.issuer}/.well-known/jwks.json`, { headers: { origin } })
    return reply.headers.get('access-control-allow-origin')
  })
  assert.deepEqual(await Promise.all(readers), [null, 'https://new.example'])
  const words = await ask('PATCH', path, { settings: { c: 3 }, redirects: [] })
  assert.deepEqual([words.body.settings_json, words.body.allowed_redirects], [{ c: 3 }, []])
  const [event] = await eventsOf(plane.server, plane.shop.id, 'project.updated')
  assert.equal(event?.subject.id, renderId('project', made.id))
  assertProblem(await ask('PATCH', path, { allowed_origins: ['a.example'] }), 400, path, ['allowed_origins.0'])
  assertProblem(await ask('PATCH', path, { environment: 'production' }), 400, path, ['body'])
  assert.deepEqual((await ask('GET', path)).body, words.body)
  await assertOwnOnly('PATCH', path, { name: 'Mine' })
})

interface Key {
  readonly id: string
  readonly key: string
  readonly secret: string
  readonly [field: string]: unknown
}

const verify = (presented: string) =>
  plane.server.call('POST', `/v1/project-keys/verify?tenant_id=${plane.shop.id}`, { body: { key: presented } })

test('POST /v1/admin/projects/{id}/api-keys: a publishable key and a secret, shown once', async () => {
  for (const [environment, infix] of [
    ['production', 'live'],
    ['development', 'test'],
  ] as const) {
    const project = await makeProject({ environment })
    const path = `${PROJECTS}/${project.id}/api-keys`
    const expires_at = '2099-01-01T00:00:00.000Z'
    const { status, body } = await ask<Key>('POST', path, { name: 'Backend', expires_at })
    assert.equal(status, 201)
    const { id, key, secret, created_at, ...rest } = body
    assert.match(id, UUID)
    assert.match(key, new RegExp(`^pk_${infix}_[\\w-]{43}$`))
    assert.match(secret, new RegExp(`^zk_${infix}_[\\w-]{43}$`))
    assert.match(String(created_at), TIME)
    assert.deepEqual(rest, { name: 'Backend', prefix: secret.slice(0, 12), last4: secret.slice(-4), expires_at })
    for (const presented of [key, secret]) {
      const whose = await verify(presented)
      assert.equal(whose.status, 200)
      assert.equal((whose.body as Project).project_id, renderId('project', project.id))
    }
    // It is no credential for any admin API.
    for (const presented of [key, secret]) {
      assert.equal((await ask('GET', PROJECTS, undefined, presented)).status, 401)
      assert.equal((await ask('GET', '/v1/projects', undefined, presented)).status, 401)
    }
    const [event] = await eventsOf(plane.server, plane.shop.id, 'project_key.created')
    assert.equal(event?.subject.id, renderId('project_key', id))
    assert.ok(!JSON.stringify(event).includes(secret.slice(12, -4)))
    assertProblem(await ask('POST', path, { expires_at: '2001-01-01T00:00:00Z' }), 400, path, ['name'])
    const late = { name: 'Late', expires_at: '2001-01-01T00:00:00Z' }
    assertProblem(await ask('POST', path, late), 400, path, ['expires_at'])
    assertProblem(await ask('POST', path, { name: 'When', expires_at: 'soon' }), 400, path, ['expires_at'])
    await assertOwnOnly('POST', path, { name: 'Mine' })
  }
})

test('GET /v1/admin/projects/{id}/api-keys: the keys, the revoked ones too, without their secrets', async () => {
  const project = await makeProject()
  const path = `${PROJECTS}/${project.id}/api-keys`
  const { body: one } = await ask<Key>('POST', path, { name: 'One' })
  const { body: two } = await ask<Key>('POST', path, { name: 'Two' })
  await verify(one.secret)
  await ask('DELETE', `${path}/${two.id}`)
  const { status, body } = await ask<List & { api_keys: Key[] }>('GET', path)
  assert.equal(status, 200)
  assert.deepEqual(body.pagination, { page: 1, limit: 50, total: 2 })
  const { secret: _, ...kept } = one
  const [first, second] = body.api_keys
  assert.deepEqual(first, { ...kept, last_used_at: first?.last_used_at, revoked_at: null })
  assert.match(String(first?.last_used_at), TIME)
  assert.match(String(second?.revoked_at), TIME)
  for (const { secret } of [one, two]) assert.ok(!JSON.stringify(body).includes(secret.slice(12, -4)))
  const page = await ask<List & { api_keys: Key[] }>('GET', `${path}?page=2&limit=1`)
  assert.deepEqual([page.body.api_keys, page.body.pagination.total], [[second], 2])
  await assertOwnOnly('GET', path)
})

test('DELETE /v1/admin/projects/{id}/api-keys/{key_id}: at once and for good; there is nothing to revoke twice', async () => {
  const project = await makeProject()
  const path = `${PROJECTS}/${project.id}/api-keys`
  const { body: key } = await ask<Key>('POST', path, { name: 'Ends' })
  const own = `${path}/${key.id}`
  await assertOwnOnly('DELETE', own)
  const other = `${PROJECTS}/${(await makeProject()).id}/api-keys/${key.id}`
  assertProblem(await ask('DELETE', other), 404, other)
  assert.equal((await verify(key.secret)).status, 200)
  const { status, body } = await ask('DELETE', own)
  assert.deepEqual([status, body], [204, undefined])
  for (const presented of [key.key, key.secret]) assert.equal((await verify(presented)).status, 404)
  assertProblem(await ask('DELETE', own), 404, own)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'project_key.revoked')
  assert.equal(event?.subject.id, renderId('project_key', key.id))
})

interface SigningKey {
  readonly id: string
  readonly kid: string
  readonly is_primary: boolean
  readonly status: string
  readonly public_key: Readonly<Record<string, unknown>>
  readonly expires_at: string | null
  readonly [field: string]: unknown
}

const signingKeys = async (project: Project) =>
  (await ask<List & { signing_keys: SigningKey[] }>('GET', `${PROJECTS}/${project.id}/signing-keys`)).body

test('GET /v1/admin/projects/{id}/signing-keys: one that signs, RS256, never its private part', async () => {
  const project = await makeProject()
  const path = `${PROJECTS}/${project.id}/signing-keys`
  const { status, body } = await ask<List & { signing_keys: SigningKey[] }>('GET', path)
  assert.equal(status, 200)
  const { signing_keys: all, pagination } = body
  assert.deepEqual(pagination, { page: 1, limit: 50, total: all.length })
  // The keys of a second algorithm come in the background.
  const keys = all.filter(({ algorithm }) => algorithm === 'RS256')
  assert.deepEqual(
    keys.map(({ is_primary, status }) => [is_primary, status]),
    [
      [true, 'active'],
      [false, 'next'],
    ],
  )
  for (const { id, kid, algorithm, public_key, created_at, expires_at } of keys) {
    assert.match(id, UUID)
    assert.match(String(created_at), TIME)
    assert.deepEqual([algorithm, public_key.kid, public_key.kty, expires_at], ['RS256', kid, 'RSA', null])
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.ok(!(secret in public_key))
  }
  const published = new Set(await jwksOf(project))
  assert.ok(keys.every(({ kid }) => published.has(kid)))
  const beyond = await ask<{ signing_keys: SigningKey[] }>('GET', `${path}?page=2`)
  assert.deepEqual(beyond.body.signing_keys, [])
  await assertOwnOnly('GET', path)
})

test('POST /v1/admin/projects/{id}/signing-keys/rotate: another key signs at once; the old one stays published', async () => {
  const project = await makeProject()
  const path = `${PROJECTS}/${project.id}/signing-keys/rotate`
  await assertOwnOnly('POST', path)
  const before = (await signingKeys(project)).signing_keys.find(({ is_primary }) => is_primary)
  const { status, body } = await ask<SigningKey>('POST', path)
  assert.equal(status, 201)
  assert.deepEqual([body.is_primary, body.status], [true, 'active'])
  assert.notEqual(body.kid, before?.kid)
  const old = (await signingKeys(project)).signing_keys.find(({ kid }) => kid === before?.kid)
  assert.deepEqual([old?.is_primary, old?.status], [false, 'retiring'])
  assert.ok(Date.parse(old?.expires_at ?? '') >= Date.parse(String(body.created_at)) + 24 * 3_600_000)
  assert.ok((await jwksOf(project)).includes(before?.kid ?? ''))
  const [event] = await eventsOf(plane.server, plane.shop.id, 'key.activated')
  assert.equal(event?.subject.id, renderId('signing_key', body.id))

  const both = await Promise.all([ask('POST', path), ask('POST', path), ask('POST', path)])
  for (const reply of both) if (reply.status !== 201) assertProblem(reply, 409, path)
  const { signing_keys: keys } = await signingKeys(project)
  assert.equal(keys.filter(({ is_primary }) => is_primary).length, 1)
  // The keys of a second algorithm come in the background.
  const next = keys.filter(({ status, algorithm }) => status === 'next' && algorithm === body.algorithm)
  assert.equal(next.length, 1)
})
