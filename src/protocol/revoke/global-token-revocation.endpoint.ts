// Global Token Revocation (draft-parecki-oauth-global-token-revocation): another system, such as an identity provider, ends
// everything that a person has here.
import * as z from 'zod'
import type { RegisteredClient } from '#domain/client/client.ts'
import { GLOBAL_REVOCATION_SCOPE } from '#domain/client/guarded-scopes.ts'
import { personOf } from '#domain/client/subject-identifier.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { revoke } from '#domain/revocation/revocation.service.ts'
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { contextOf, contextOfClient } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { NO_STORE } from '#web/reply.ts'
import { programOf, refuseProgram } from '../program-token.ts'

const PATHS = ['/oauth/global-token-revocation'] as const

const text = z
  .string()
  .min(1)
  .max(2048)
  .refine((given) => !given.includes('\0'))
/** The subject identifiers of RFC 9493 that name a person here: §3.2.2, §3.2.3, §3.2.4. */
const Body = z.object({
  sub_id: z.discriminatedUnion('format', [
    z.object({ format: z.literal('email'), email: text }),
    z.object({ format: z.literal('iss_sub'), iss: text, sub: text }),
    z.object({ format: z.literal('opaque'), id: text }),
  ]),
})
type SubjectId = z.output<typeof Body>['sub_id']

/** §3: the user's sessions end, and every token of the user; 204 once that is so. */
export const globalTokenRevocationEndpoint: Endpoint = {
  name: 'global_token_revocation_endpoint',
  methods: ['POST'],
  paths: PATHS,
  takesJson: true,
  mutualTls: true,
  refuse: refuseProgram(GLOBAL_REVOCATION_SCOPE),
  async respond(services, request) {
    const context = contextOf(services, request)
    const client = await programOf(context, request, PATHS, [GLOBAL_REVOCATION_SCOPE])
    const parsed = Body.safeParse(request.json)
    if (!parsed.success) throw new Failure('invalid_request', 'sub_id must be an email, iss_sub or opaque identifier.')
    const userId = await userNamed(context, client, request.issuer, parsed.data.sub_id)
    if (userId === undefined) throw new Failure('not_found', 'Nobody is known by this identifier.')
    await revoke(contextOfClient(services, request, client), { userId, reason: 'global token revocation' })
    return { status: 204, headers: NO_STORE }
  },
}

/** The user of an identifier: by address, by what the client knows them as, or by a linked account at another issuer. */
async function userNamed(
  context: Context,
  client: RegisteredClient,
  issuer: string,
  subject: SubjectId,
): Promise<string | undefined> {
  const { id: realmId, directoryId } = realmOf(context.scope)
  const { users, linkedAccounts } = context.read
  if (subject.format === 'email') return (await users.findForSignIn(directoryId, emailKey(subject.email)))?.user.id
  const isOurs = subject.format === 'opaque' || subject.iss === issuer
  const id = isOurs
    ? personOf(context, client, subject.format === 'opaque' ? subject.id : subject.sub)
    : await linkedAccounts.userOf(realmId, subject.iss, subject.sub)
  return id !== undefined && (await users.find(directoryId, id)) ? id : undefined
}
