// The endpoints of a transmitter of Shared Signals (OpenID Shared Signals Framework 1.0 §7, §8).
import type * as z from 'zod'
import type { RegisteredClient } from '#domain/client/client.ts'
import { SSF_SCOPES } from '#domain/client/guarded-scopes.ts'
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import {
  changeStream,
  createStream,
  deleteStream,
  type SignalStream,
  setStreamStatus,
  streamOf,
  streamsOf,
  verifyStream,
} from '#domain/signal-stream/signal-stream.service.ts'
import {
  deliveredOf,
  PUSH,
  SIGNALS,
  StatusInput,
  StreamInput,
  StreamPatch,
  VERIFICATION_INTERVAL,
  VerificationInput,
} from '#domain/signal-stream/signal-stream.ts'
import { Failure } from '#kernel/error.ts'
import { parseId, renderId } from '#kernel/id.ts'
import { contextOf, contextOfClient } from '#web/realm-context.ts'
import type { Endpoint, RealmRequest } from '#web/realm-request.ts'
import { json, NO_STORE, refuseAsJson } from '#web/reply.ts'
import { cacheable } from '../metadata/metadata.endpoint.ts'
import { programOf, refuseProgram } from '../program-token.ts'

const [STREAM, STATUS, VERIFY] = ['/ssf/stream', '/ssf/status', '/ssf/verify'] as const
const shared = { takesJson: true, mutualTls: true, refuse: refuseProgram(SSF_SCOPES.manage) } as const

/** SSF §7.1: the metadata of the transmitter. */
export const ssfConfigurationEndpoint: Endpoint = {
  name: 'ssf_configuration',
  methods: ['GET'],
  paths: ['/.well-known/ssf-configuration'],
  crossOrigin: true,
  refuse: refuseAsJson,
  respond: async (_, { issuer }) =>
    cacheable({
      spec_version: '1_0',
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      delivery_methods_supported: [PUSH],
      configuration_endpoint: `${issuer}${STREAM}`,
      status_endpoint: `${issuer}${STATUS}`,
      verification_endpoint: `${issuer}${VERIFY}`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
      default_subjects: 'ALL',
    }),
}

/** SSF §8.1.1: a receiver creates, reads, changes, replaces and deletes its streams. */
export const streamEndpoint: Endpoint = {
  ...shared,
  name: 'ssf_stream',
  methods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
  paths: [STREAM],
  async respond(services, request) {
    const { context, client } = await receiverOf(services, request, STREAM)
    const shown = (stream: SignalStream) => configurationOf(request, client, stream)
    if (request.method === 'POST') {
      return json(201, shown(await createStream(context, client, parsed(StreamInput, request.json))))
    }
    const inQuery = request.query.get('stream_id')
    if (request.method === 'GET') {
      if (inQuery === undefined) return json(200, (await streamsOf(context, client.id)).map(shown))
      return json(200, shown(await streamOf(context.read, client.id, idOf(inQuery))))
    }
    if (request.method === 'DELETE') {
      await deleteStream(context, client.id, idOf(inQuery))
      return { status: 204, headers: NO_STORE }
    }
    const id = idOf(memberOf(request, 'stream_id'))
    const schema = request.method === 'PUT' ? StreamInput : StreamPatch
    const change = { ...(request.method === 'PUT' && { description: null }), ...parsed(schema, request.json) }
    return json(200, shown(await changeStream(context, client.id, id, change)))
  },
}

/** SSF §8.1.2. */
export const streamStatusEndpoint: Endpoint = {
  ...shared,
  name: 'ssf_status',
  methods: ['GET', 'POST'],
  paths: [STATUS],
  async respond(services, request) {
    const { context, client } = await receiverOf(services, request, STATUS)
    if (request.method === 'GET') {
      return json(200, statusOf(await streamOf(context.read, client.id, idOf(request.query.get('stream_id')))))
    }
    const id = idOf(memberOf(request, 'stream_id'))
    return json(200, statusOf(await setStreamStatus(context, client.id, id, parsed(StatusInput, request.json))))
  },
}

/** SSF §8.1.4.2. */
export const streamVerificationEndpoint: Endpoint = {
  ...shared,
  name: 'ssf_verification',
  methods: ['POST'],
  paths: [VERIFY],
  async respond(services, request) {
    const { context, client } = await receiverOf(services, request, VERIFY)
    const id = idOf(memberOf(request, 'stream_id'))
    await verifyStream(context, client.id, id, parsed(VerificationInput, request.json).state)
    return { status: 204, headers: NO_STORE }
  },
}

async function receiverOf(
  services: Services,
  request: RealmRequest,
  path: string,
): Promise<{ context: Context; client: RegisteredClient }> {
  const scopes = request.method === 'GET' ? [SSF_SCOPES.manage, SSF_SCOPES.read] : [SSF_SCOPES.manage]
  const client = await programOf(contextOf(services, request), request, [path], scopes)
  return { context: contextOfClient(services, request, client), client }
}

function configurationOf({ issuer }: RealmRequest, client: RegisteredClient, stream: SignalStream): object {
  const { requested } = stream.stream
  return {
    stream_id: renderId('webhook', stream.id),
    iss: issuer,
    aud: client.clientId,
    // The value of the authorization header is never shown.
    delivery: { method: PUSH, endpoint_url: stream.url },
    events_supported: SIGNALS,
    events_requested: requested,
    events_delivered: deliveredOf(requested),
    min_verification_interval: VERIFICATION_INTERVAL,
    ...(stream.description !== null && { description: stream.description }),
  }
}

/** A stream that the server switched off, because its receiver failed for too long, is paused. */
function statusOf({ id, active, stream }: SignalStream): object {
  const status = !active && stream.status === 'enabled' ? 'paused' : stream.status
  const reason = status === stream.status ? stream.reason : 'The receiver failed for too long.'
  return { stream_id: renderId('webhook', id), status, ...(reason !== null && { reason }) }
}

function memberOf({ json: body }: RealmRequest, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
}

/** @throws Failure `invalid_request` without an id, `not_found` for what is none */
function idOf(given: unknown): string {
  if (typeof given !== 'string') throw new Failure('invalid_request', 'stream_id is missing.')
  const id = parseId('webhook', given)
  if (id === undefined) throw new Failure('not_found')
  return id
}

function parsed<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Failure('invalid_request', `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'invalid'}`)
}
