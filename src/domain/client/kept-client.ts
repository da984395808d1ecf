// Keeps the clients of metadata documents that people approve: consents, tokens and sessions refer to their rows.
import { changeBetween } from '#kernel/change.ts'
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { userActor } from '../actor.ts'
import { applicationNamed } from '../application/application.service.ts'
import { DOCUMENT_APPLICATION } from '../application/application.ts'
import type { Context, Unit } from '../context.ts'
import type { User } from '../user/user.ts'
import { asksAgain } from './asks-again.ts'
import { type Client, ClientFields } from './client.ts'
import { DESCRIBED_FIELDS } from './client-metadata.ts'
import { isProvisional } from './find-client.ts'

/** How many clients a person can be the first to approve: each of them is a row. */
const PER_PERSON = { limit: 20, windowSeconds: 86_400 }
/** How exactly the time of the last approval is known, so that not each approval is a write. Milliseconds. */
const USE_STEP = 86_400_000

/** Who approves. */
type Person = Pick<User, 'id' | 'email'>

/**
 * Takes a new client from the budget of the person who approves it.
 * @throws Failure `too_many_requests`
 */
export async function takeNewClient(
  { limiter }: Pick<Context, 'limiter'>,
  client: Client,
  userId: string,
): Promise<void> {
  if (!isProvisional(client)) return
  const retryAfter = await limiter.take(`new clients of ${userId}`, PER_PERSON.limit, PER_PERSON.windowSeconds)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
}

/**
 * Inside the write in which a person approves a client: gives a client of a metadata document a row, or notes in its row
 * what the document says now. Other clients stay as they are.
 * @param client as `findClient` returned it
 * @returns the client with the id and the version of its row
 */
export async function keepClient(context: Context, unit: Unit, client: Client, user: Person): Promise<Client> {
  if (client.registeredBy !== 'metadata_document') return client
  const row = await unit.clients.findByClientId(client.realmId, client.clientId)
  return row ? noteDocument(context, unit, row, client, user) : insertOnce(context, unit, client, user)
}

// The lock of the application lets one write at a time look and insert.
async function insertOnce(context: Context, unit: Unit, client: Client, user: Person): Promise<Client> {
  const application = await applicationNamed(unit, context, DOCUMENT_APPLICATION, { limited: false })
  const row = await unit.clients.findByClientId(client.realmId, client.clientId)
  if (row) return noteDocument(context, unit, row, client, user)
  const now = context.clock.now()
  const made: Client = {
    ...described(client),
    id: context.random.id(),
    applicationId: application.id,
    lastUsedAt: now,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await unit.clients.insert(made)
  emit(unit, 'client.created', made, user)
  return made
}

async function noteDocument(
  { clock }: Context,
  unit: Unit,
  row: Client,
  client: Client,
  user: Person,
): Promise<Client> {
  const now = clock.now()
  const after: Client = { ...row, ...documentPart(described(client)) }
  const change = changeBetween(ClientFields.audited, row, after)
  if (change || row.authMethod !== after.authMethod) {
    const changed = { ...after, version: row.version + 1, updatedAt: now, lastUsedAt: now }
    // Another approval may have noted the same document; then nothing is left to note.
    if (!(await unit.clients.replaceDocument(changed))) return changed
    if (asksAgain(row, changed)) await unit.grants.revokeWhere({ clientId: row.id }, now)
    emit(unit, 'client.updated', changed, user, { ...change })
    return changed
  }
  if (now - (row.lastUsedAt ?? 0) >= USE_STEP) await unit.clients.noteUse(row.id, now)
  return row
}

/** The client as its row has it: what it can ask for follows from the resources, and is in no row. */
function described(client: Client): Client {
  return { ...client, scopes: [], audiences: [] }
}

/** The fields that a metadata document sets; an operator cannot change them. */
const DOCUMENT_FIELDS = [
  ...DESCRIBED_FIELDS,
  'scopes',
  'audiences',
  'about',
] as const satisfies readonly (keyof Client)[]

/** What a client may have only if somebody registered it. */
const REGISTERED_FIELDS = [
  'federatedCredentials',
  'identityAssertions',
  'firstParty',
  'tokenExchangeAllowed',
  'impersonationAllowed',
  'introspectAllTokens',
  'pkceRequired',
] as const

/**
 * Refuses changes of what the metadata document of a client says, or what such a client cannot have.
 * @throws Failure `invalid_input`
 */
export function checkOwnedFields(before: Client, change: Partial<Client>): void {
  if (before.registeredBy !== 'metadata_document') return
  const [field] = [...DOCUMENT_FIELDS, ...REGISTERED_FIELDS].filter(
    (name) => change[name] !== undefined && JSON.stringify(change[name]) !== JSON.stringify(before[name]),
  )
  if (field === undefined) return
  const message = 'cannot be changed: the client describes itself in the metadata document at its client id'
  throw flawed(field, message)
}

function documentPart(client: Client): Pick<Client, (typeof DOCUMENT_FIELDS)[number]> {
  return Object.fromEntries(DOCUMENT_FIELDS.map((field) => [field, client[field]])) as never
}

function emit(unit: Unit, type: EventType, client: Client, user: Person, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'client', id: client.id, label: client.label },
    realmId: client.realmId,
    actor: userActor(user),
    data: { clientId: client.clientId, label: client.label, ...data },
  })
}
