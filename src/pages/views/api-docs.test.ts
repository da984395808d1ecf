// Checks the pages that document an API.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import { promisify } from 'node:util'
import { ENGLISH } from '#language/language.ts'
import { sampleApi } from '#testing/sample-api.ts'
import { apiDocs, renderApiDocs } from './api-docs.ts'
import { type ApiDocument, groupsOf } from './api-docs-document.ts'
import { curlExample, exampleOf } from './api-docs-example.ts'

const run = promisify(execFile)
const frame = { brand: { name: 'Countersign' }, language: ENGLISH }

test('every operation of a large API has one entry and one link to it', () => {
  const page = apiDocs({ frame, document: sampleApi(440) })
  const anchors = [...page.matchAll(/<article class="operation" id="([^"]*)"/g)].map(([, anchor]) => anchor)
  assert.equal(anchors.length, 440)
  assert.equal(new Set(anchors).size, 440)
  const [navigation] = /<nav.*?<\/nav>/s.exec(page) ?? []
  const links = [...(navigation ?? '').matchAll(/href="#([^"]*)"/g)].map(([, anchor]) => anchor)
  assert.deepEqual(links, anchors)
})

test('an entry tells method, path, permission, parameters, bodies and statuses', () => {
  const page = apiDocs({ frame, document: sampleApi(40) })
  const [entry] = /<article class="operation" id="client\.create".*?<\/article>/s.exec(page) ?? []
  const text = (entry ?? '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
  for (const part of [
    'POST /v1/realms/{issuer_id}/clients',
    'Permission: clients:write Reach: realm Events: client.created',
    'issuer_id string required',
    'redirect_uris list of string (uri) required Items: at most 20',
    'owner string (uuid) or null',
    'Length: 1 to 200',
    'burst integer Value: at least 0',
    '201 Made.',
    '404 Refused',
  ]) {
    assert.ok(text.includes(part), part)
  }
})

test('a schema that contains itself, or points nowhere, is shown as far as it goes', () => {
  const schemas = {
    Loop: { allOf: [{ $ref: '#/components/schemas/Loop' }, { properties: { within: { type: 'string' } } }] },
    Either: {
      anyOf: [{ $ref: '#/components/schemas/Either' }, { $ref: '#/components/schemas/Tree' }, { type: 'null' }],
    },
    Tree: { type: 'object', properties: { left: { $ref: '#/components/schemas/Tree' }, fruit: { type: 'string' } } },
    Circle: { $ref: '#/components/schemas/Circle' },
  }
  const body = (name: string) => ({
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  })
  const names = [...Object.keys(schemas), 'Missing', 'constructor']
  const paths = Object.fromEntries(
    names.map((name) => [
      `/${name}`,
      { post: { operationId: name, requestBody: body(name), responses: { 200: body(name) } } },
    ]),
  )
  const page = apiDocs({ frame, document: { info: { title: 'x', version: '1' }, paths, components: { schemas } } })
  assert.equal(page.match(/<article/g)?.length, names.length)
  for (const name of ['within', 'fruit']) assert.ok(page.includes(name))
  assert.ok(page.length < 100_000)
})

test('a document without operations, tags or even a title still makes a page', () => {
  assert.match(renderApiDocs({}), /<h1>Countersign<\/h1>/)
  assert.match(renderApiDocs({ ...sampleApi(20) }), /<a href="\/openapi\.json">/)
})

test('texts of the document are escaped, wherever they stand', () => {
  const hostile = `"><script>alert(1)</script>'`
  const document: ApiDocument = {
    info: { title: hostile, version: hostile, description: `${hostile}\n\n- ${hostile}\n\n\`${hostile}\`` },
    servers: [{ url: hostile, description: hostile }],
    tags: [{ name: hostile, description: hostile }],
    paths: {
      [`/${hostile}`]: {
        get: {
          operationId: hostile,
          tags: [hostile],
          summary: hostile,
          description: hostile,
          'x-permission': [hostile],
          parameters: [{ name: hostile, in: hostile, description: hostile, schema: { enum: [hostile] } }],
          requestBody: { content: { [hostile]: { schema: { pattern: hostile, default: hostile, title: hostile } } } },
          responses: { [hostile]: { description: hostile } },
        },
      },
    },
  }
  const page = apiDocs({ frame, document, documentUrl: '/openapi.json', keyVariable: hostile })
  assert.ok(page.includes('&lt;script>'))
  assert.doesNotMatch(page, /<script/)
})

test('the error body stands once if all errors share it, else with each operation', () => {
  const shared = apiDocs({ frame, document: sampleApi(40) })
  assert.equal(shared.match(/error_description/g)?.length, 1)
  const problem = { type: 'object', properties: { problem_title: { type: 'string' } } }
  const more = {
    '/other': {
      get: { responses: { 400: { description: 'Bad', content: { 'application/problem+json': { schema: problem } } } } },
    },
  }
  const api = sampleApi(40)
  const mixed = apiDocs({ frame, document: { ...api, paths: { ...api.paths, ...more } } })
  assert.match(mixed, /problem_title/)
  assert.doesNotMatch(mixed, /Every error has the same body/)
})

test('the curl example, run by a shell, sends what the operation wants', async () => {
  const received: { method?: string | undefined; url?: string | undefined; key?: string | undefined; body: unknown }[] =
    []
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray()
    const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString() || 'null')
    received.push({ method: request.method, url: request.url, key: request.headers.authorization, body })
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const schema = {
    type: 'object',
    required: ['name', 'mail'],
    properties: {
      name: { type: 'string', examples: [`it's "$HOME" \`x\``] },
      mail: { type: 'string', format: 'email' },
      other: { type: 'string' },
    },
  }
  const document: ApiDocument = {
    info: { title: 'x', version: '1' },
    servers: [{ url: `http://127.0.0.1:${port}/` }],
    security: [{ key: [] }],
    paths: {
      '/v1/realms/{issuer_id}/users': {
        post: {
          parameters: [
            { name: 'issuer_id', in: 'path', required: true },
            { name: 'dry run', in: 'query', required: true, schema: { type: 'boolean' } },
            { name: 'optional', in: 'query' },
          ],
          requestBody: { content: { 'application/json': { schema } } },
        },
      },
    },
  }
  const [listed] = groupsOf(document, 'Other')[0]?.operations ?? []
  assert.ok(listed)
  const command = curlExample(document, listed, 'THE_KEY')
  try {
    await run('sh', ['-c', `${command.replace('curl ', 'curl --silent --noproxy "*" ')}`], {
      env: { ...process.env, THE_KEY: 'sk_1', ISSUER_ID: 'default' },
    })
  } finally {
    server.close()
  }
  assert.deepEqual(received, [
    {
      method: 'POST',
      url: '/v1/realms/default/users?dry%20run=true',
      key: 'Bearer sk_1',
      body: { name: `it's "$HOME" \`x\``, mail: 'ada@example.com' },
    },
  ])
})

test('examples follow the schema', () => {
  const document = sampleApi(0)
  assert.equal(exampleOf(document, { type: 'integer', minimum: 10 }), 10)
  assert.deepEqual(exampleOf(document, { type: 'array', items: { const: 'a' } }), ['a'])
  assert.equal(exampleOf(document, { anyOf: [{ type: 'boolean' }, { type: 'null' }] }), true)
  assert.deepEqual(exampleOf(document, { type: 'object', properties: { name: { type: 'string' } } }), { name: 'name' })
})
