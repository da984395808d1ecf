// Owns a large sample OpenAPI document.
import type { ApiDocument, ApiOperation, ApiPathItem } from '#pages/views/api-docs-document.ts'

const nouns = [
  'client user realm tenant application resource key session grant issuance event api-key webhook role',
  'organization group directory connection agent policy template flow',
].flatMap((line) => line.split(' '))

/** An API of `size` operations, a multiple of 20, in the shape of this server's own, to see how its documentation looks and behaves. */
export function sampleApi(size: number): ApiDocument {
  const used = nouns.slice(0, size / 20)
  const paths = used.flatMap((noun) => ['', '-1', '-2', '-3'].flatMap((suffix) => pathsOf(noun, suffix)))
  return {
    info: {
      title: 'Countersign admin API',
      version: '0.1.0',
      description:
        'Everything the server does, as JSON over HTTP.\n\nLists are paged by key: pass `next_cursor` on as `cursor`.',
    },
    servers: [{ url: 'http://127.0.0.1:9001' }],
    tags: used.map((name) => ({ name, description: `What there is to do with a ${name}.` })),
    security: [{ key: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, `sk_live_…`.' } },
      responses: {
        Refused: {
          description: 'Refused',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
      schemas: { Error: errorSchema, Thing: thingSchema, Node: nodeSchema },
    },
  }
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'string', description: 'The code.', examples: ['invalid_request'] },
    error_description: { type: 'string' },
  },
}

const nodeSchema = {
  type: 'object',
  properties: { value: { type: 'string' }, children: { type: 'array', items: { $ref: '#/components/schemas/Node' } } },
}

const thingSchema = {
  type: 'object',
  required: ['name', 'kind', 'redirect_uris'],
  properties: {
    id: { type: 'string', readOnly: true, description: 'Given by the server.' },
    name: { type: 'string', minLength: 1, maxLength: 200, description: 'What people see.' },
    kind: { enum: ['web', 'native', 'service'], default: 'web' },
    redirect_uris: { type: 'array', items: { type: 'string', format: 'uri' }, maxItems: 20 },
    owner: { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] },
    limits: {
      type: 'object',
      properties: {
        per_minute: { type: 'integer', minimum: 1, maximum: 10_000 },
        burst: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      },
    },
    tree: { $ref: '#/components/schemas/Node' },
    credential: {
      oneOf: [
        { title: 'Secret', type: 'object', properties: { secret: { type: 'string' } } },
        { title: 'Key', type: 'object', properties: { jwks_uri: { type: 'string', format: 'uri' } } },
      ],
    },
    created_at: { type: 'string', format: 'date-time', readOnly: true },
  },
}

function pathsOf(noun: string, suffix: string): [string, ApiPathItem][] {
  const thing = { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } }
  const list = {
    type: 'object',
    properties: { data: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } },
  }
  const refused = { $ref: '#/components/responses/Refused' }
  const operation = (verb: string, summary: string, more: ApiOperation): ApiOperation => ({
    operationId: `${noun}${suffix}.${verb}`,
    summary: `${summary} a ${noun}`,
    description: `${summary}s a ${noun} of the realm and records an event. The caller’s key must reach the realm.`,
    tags: [noun],
    'x-permission': `${noun}s:${verb === 'list' || verb === 'get' ? 'read' : 'write'}`,
    'x-reach': 'realm',
    'x-events': verb === 'list' || verb === 'get' ? [] : [`${noun}.${verb}d`],
    ...more,
    responses: { ...more.responses, '401': refused, '403': refused, '404': refused },
  })
  const realm = { name: 'issuer_id', in: 'path', required: true, schema: { type: 'string' } }
  const id = { name: `${noun.replace('-', '_')}_id`, in: 'path', required: true, schema: { type: 'string' } }
  const limit = { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } }
  const body = { required: true, content: thing }
  const all = `/v1/realms/{issuer_id}/${noun}s${suffix}`
  return [
    [
      all,
      {
        parameters: [realm],
        get: operation('list', 'List', {
          parameters: [limit, { name: 'cursor', in: 'query', schema: { type: 'string' } }],
          responses: { '200': { description: 'A page.', content: { 'application/json': { schema: list } } } },
        }),
        post: operation('create', 'Create', {
          requestBody: body,
          responses: { '201': { description: 'Made.', content: thing } },
        }),
      },
    ],
    [
      `${all}/{${id.name}}`,
      {
        parameters: [realm, id],
        get: operation('get', 'Read', { responses: { '200': { description: 'The thing.', content: thing } } }),
        patch: operation('update', 'Change', {
          requestBody: body,
          responses: { '200': { description: 'Changed.', content: thing } },
        }),
        delete: operation('delete', 'Delete', {
          deprecated: suffix !== '',
          responses: { '204': { description: 'Gone.' } },
        }),
      },
    ],
  ]
}
