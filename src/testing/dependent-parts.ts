// Owns what the scenarios of dependents share: how things are made, asked about and brought into a state.
import { setTimeout as sleep } from 'node:timers/promises'
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import { signInAtTerminal } from './admin-realm.ts'
import { type DependentStage, fresh, type Made, type Place, type StageClient } from './dependent-stage.ts'
import { ACCESS_TOKEN, EXCHANGE_GRANT } from './token-exchange.ts'
import { UserAgent } from './user-agent.ts'

/** One dependent of a thing. */
export interface Scenario {
  /** Whether the dependent is alive, asked at the other process. */
  readonly isAlive: () => Promise<boolean>
  /** Brings the thing into a state; `active` brings it back. */
  readonly become: (state: string) => Promise<unknown>
}

export const allAlike = (alive: readonly boolean[]): boolean => {
  if (new Set(alive).size > 1) throw new Error(`some parts are alive and some are not: ${alive.join()}`)
  return alive[0] === true
}

/** A token that is minted once, and whether it is active while its client gets further ones. */
export function tokenProbe(stage: DependentStage, client: Pick<StageClient, 'base' | 'basic'>): Scenario['isAlive'] {
  return async () => {
    const token = await stage.mint(client)
    return token !== undefined && stage.isActive(client, token)
  }
}

/** Whether an access token is active for another client, and its refresh token for its own. */
export function tokensProbe(
  stage: DependentStage,
  asker: StageClient,
  { access, refresh }: { readonly access: string; readonly refresh: string },
  own = asker,
): Scenario['isAlive'] {
  return async () => allAlike([await stage.isActive(asker, access), await stage.isActive(own, refresh)])
}

/** A device code that a person approved; the probe redeems it when it is asked again. */
export async function deviceProbe(stage: DependentStage, place: Place, person: { email: string; password: string }) {
  const device = await stage.client(place, { grant_types: [DEVICE_CODE_GRANT], redirect_uris: [] })
  const { body } = await stage.post(device, '/oauth/device_authorization', { scope: 'openid' })
  await new UserAgent(stage.one.url).decideDevice(`${stage.one.url}${place.base}/device`, person, {
    userCode: String(body.user_code),
  })
  // Redeemed by another client, it is refused in any case; what is asked is whether the session behind it is there.
  let used = false
  return async () => {
    if (!used) {
      used = true
      const { data } = await stage.other.api<{ data: Made[] }>('GET', `${place.admin}/sessions`)
      return data.length > 0
    }
    const fields = { grant_type: DEVICE_CODE_GRANT, device_code: String(body.device_code) }
    return (await stage.post(device, '/oauth/token', fields)).status === 200
  }
}

/** Gives a realm, or something in it, a branding; whether the stylesheet has it. @param name how the stylesheet names it */
export async function brandingProbe(
  stage: DependentStage,
  { admin, base }: Place,
  owner: Readonly<Record<string, string>> = {},
  name?: string,
): Promise<Scenario['isAlive']> {
  const [kind, id] = Object.entries(owner)[0] ?? []
  await stage.api('PATCH', `${admin}/branding`, { color: '#123456', ...(kind && { [`${kind}_id`]: id }) })
  const query = kind === undefined ? '' : `?${new URLSearchParams({ [kind]: name ?? String(id) })}`
  return async () => {
    const reply = await fetch(`${stage.other.url}${base}/assets/branding.css${query}`)
    return reply.ok && (await reply.text()).includes('#123456')
  }
}

/** A new API key, and whether it opens the realm. */
export async function keyProbe(
  stage: DependentStage,
  { tenantId, issuerId }: Place,
  given: object,
): Promise<Scenario['isAlive']> {
  const body = { name: 'Reads', permissions: ['realms:read'], ...given }
  const { key } = await stage.api('POST', `/v1/api-keys?tenant_id=${tenantId}`, body)
  return async () => (await stage.status(`/v1/realms/${issuerId}`, String(key))) === 200
}

/** Whether a user has the permission that {@link makeRole} gives. */
export function permissionProbe(stage: DependentStage, { admin }: Place, userId: string): Scenario['isAlive'] {
  return async () => {
    const body = { user_id: userId, permission: 'orders:read' }
    const { body: verdict } = await stage.other.call('POST', `${admin}/authorization/check`, { body })
    return (verdict as { allowed?: boolean }).allowed === true
  }
}

/** Whether something that just happened in a tenant is delivered. */
export function deliveryProbe(stage: DependentStage, tenantId: string): Scenario['isAlive'] {
  return async () => {
    const name = fresh('delivered')
    await stage.one.call('POST', `/v1/realms?tenant_id=${tenantId}`, { body: { name } })
    for (let waited = 0; waited < 2500; waited += 100) {
      if (stage.receiver.received.some(({ body }) => body.includes(name))) return true
      await sleep(100)
    }
    return false
  }
}

export const makePartner = (stage: DependentStage) =>
  stage.api('POST', '/v1/partners', { name: fresh('Partner'), slug: fresh('partner') })

/** A project with a key, and whether the key is valid. */
export async function makeProject(stage: DependentStage) {
  const { tenantId } = await stage.place()
  const query = `?tenant_id=${tenantId}`
  const project = await stage.api('POST', `/v1/projects${query}`, { name: fresh('Project') })
  const { secret } = await stage.api('POST', `/v1/projects/${project.id}/keys${query}`, { name: 'web' })
  const isAlive = async () =>
    (await stage.other.call('POST', `/v1/project-keys/verify${query}`, { body: { key: secret } })).status === 200
  return {
    tenantId,
    issuerId: String(project.issuer_id),
    isAlive,
    remove: remove(stage, `/v1/projects/${project.id}${query}`),
  }
}

/** An invitation to an organization, and whether its link works. */
export async function makeInvitation(stage: DependentStage) {
  const { place, person } = await makeAudience(stage)
  const made = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
  const organization = `${place.admin}/organizations/${made.id}`
  const invitation = await stage.api('POST', `${organization}/invitations`, {
    email: person.email,
    mail: false,
    accept_url: 'https://app.example/join',
  })
  const url = new URL(String(invitation.accept_url))
  // Whoever has another address is refused while the invitation holds.
  const { id } = await stage.person(place)
  const body = { token: url.searchParams.get('invitation'), user_id: id }
  const isAlive = async () =>
    (await stage.other.call('POST', `${place.admin}/invitations/accept`, { body })).status === 409
  return { id: invitation.id, organization, isAlive }
}

export const makeWebhook = (stage: DependentStage, tenantId: string) =>
  stage.api('POST', `/v1/webhooks?tenant_id=${tenantId}`, { url: stage.receiver.url, events: ['realm.created'] })

/** A tenant with a client and a person. */
export async function makeAudience(stage: DependentStage) {
  const place = await stage.place()
  return { place, client: await stage.client(place), person: await stage.person(place) }
}

/** A role that a user or group has. */
export async function makeRole(stage: DependentStage, { admin }: Place, subject: object): Promise<Made> {
  const role = await stage.api('POST', `${admin}/roles`, { name: fresh('reader'), permissions: ['orders:read'] })
  await stage.api('POST', `${admin}/roles/${role.id}/assign`, subject)
  return role
}

/** Whether the step of a flow can be taken. */
export async function flowProbe(stage: DependentStage, { admin }: Place, step: object): Promise<Scenario['isAlive']> {
  const flow = await stage.api('POST', `${admin}/flows`, { name: fresh('Flow'), trigger: 'login', steps: [step] })
  return async () => {
    const tried = await stage.other.api<{ outcome: string }>('POST', `${admin}/flows/${flow.id}/dry-run`, {})
    return tried.outcome === 'continue'
  }
}

/** A group with one member. */
export async function makeGroup(stage: DependentStage, { admin }: Place, userId: string): Promise<Made> {
  const group = await stage.api('POST', `${admin}/groups`, { name: fresh('Group') })
  await stage.api('POST', `${admin}/groups/${group.id}/members`, { user_ids: [userId] })
  return group
}

/** A tenant with a resource and a client for it. */
export async function makeResource(stage: DependentStage) {
  const place = await stage.place()
  const identifier = `https://${fresh('api')}.example.com/`
  const resource = await stage.api('POST', `/v1/resources?tenant_id=${place.tenantId}`, {
    identifier,
    scopes: [{ name: 'read', description: 'Read' }],
  })
  return { place, resource, client: await stage.client(place, { audiences: [identifier] }) }
}

/** A resource with another one behind it, and whether its gateway can exchange a token for that one. */
export async function makeFrontingLink(stage: DependentStage): Promise<Scenario> {
  const { place, resource } = await makeResource(stage)
  const { resource: behind } = await makeResource(stage)
  const query = `?tenant_id=${place.tenantId}`
  const target = await stage.api('POST', `/v1/resources${query}`, {
    identifier: `${behind.identifier}behind`,
    scopes: [{ name: 'read', description: 'Read' }],
  })
  const user = await stage.client(place, { audiences: [resource.identifier], scopes: ['read'] })
  const gateway = await stage.client(place, { audiences: [target.identifier], scopes: ['read'] })
  await stage.api('PATCH', `/v1/resources/${resource.id}${query}`, { runtime_clients: [gateway.id] })
  const link = { source: resource.id, target: target.id, scope_map: { read: ['read'] } }
  await stage.api('POST', `/v1/fronting-links${query}`, link)
  const isAlive = async () => {
    const token = await stage.mint(user, { resource: String(resource.identifier), scope: 'read' })
    const fields = { grant_type: EXCHANGE_GRANT, subject_token: token ?? '', subject_token_type: ACCESS_TOKEN }
    const asked = { ...fields, resource: String(target.identifier) }
    return token !== undefined && (await stage.post(gateway, '/oauth/token', asked)).status === 200
  }
  return { isAlive, become: changeResource(stage, place.tenantId, resource.id) }
}

/** A consent that a person gave to a client of somebody else's, and whether it is there. */
export async function makeConsent(
  stage: DependentStage,
  place: Place,
  person: { id: string; email: string; password: string },
  given: object = {},
  more: Record<string, string> = {},
) {
  const client = await stage.client(place, { first_party: false, ...given })
  const tokens = await stage.signIn(person, client, more)
  const path = `${place.admin}/grants?user_id=${person.id}`
  const isAlive = async () => {
    const { data } = await stage.other.api<{ data: { revoked_at: string | null }[] }>('GET', path)
    return data.some(({ revoked_at: revokedAt }) => revokedAt === null)
  }
  return { client, tokens, isAlive }
}

/** A delegation grant, and whether it is there. */
export async function delegationProbe(stage: DependentStage, { admin }: Place, given: object) {
  const { id } = await stage.api('POST', `${admin}/delegation-grants`, given)
  return async () => {
    const { data } = await stage.other.api<{ data: { id: string }[] }>('GET', `${admin}/delegation-grants`)
    return data.some((grant) => grant.id === id)
  }
}

export const remove = (stage: DependentStage, path: string) => () => stage.api('DELETE', path)

/** Suspends, reactivates and deletes a partner. */
export function changePartner(stage: DependentStage, id: string): Scenario['become'] {
  return async (state) =>
    state === 'deleted'
      ? stage.api('DELETE', `/v1/partners/${id}`)
      : stage.api('PATCH', `/v1/partners/${id}`, { status: state })
}

/** Suspends, reactivates and deletes a tenant. */
export function changeTenant(stage: DependentStage, id: string): Scenario['become'] {
  return async (state) => {
    if (state === 'deleted') return stage.api('DELETE', `/v1/tenants/${id}`)
    return stage.api('POST', `/v1/tenants/${id}/${state === 'active' ? 'reactivate' : 'suspend'}`)
  }
}

/** Disables, enables and deletes a realm. */
export function changeRealm(stage: DependentStage, { admin }: Place): Scenario['become'] {
  return async (state) =>
    state === 'deleted' ? stage.api('DELETE', admin) : stage.api('PATCH', admin, { enabled: state === 'active' })
}

/** Suspends, reactivates and deletes a user. */
export function changeUser(stage: DependentStage, { admin }: Place, id: string): Scenario['become'] {
  return async (state) =>
    state === 'deleted'
      ? stage.api('DELETE', `${admin}/users/${id}`)
      : stage.api('PATCH', `${admin}/users/${id}`, { status: state })
}

/** Suspends, reactivates and deletes a client. */
export function changeClient(stage: DependentStage, { admin }: Place, id: string): Scenario['become'] {
  return async (state) => {
    if (state === 'deleted') return stage.api('DELETE', `${admin}/clients/${id}`)
    return stage.api('POST', `${admin}/clients/${id}/${state === 'active' ? 'reactivate' : 'suspend'}`)
  }
}

/** Suspends, reactivates and deletes a resource. */
export function changeResource(stage: DependentStage, tenantId: string, id: string): Scenario['become'] {
  return async (state) =>
    state === 'deleted'
      ? stage.api('DELETE', `/v1/resources/${id}?tenant_id=${tenantId}`)
      : stage.api('PATCH', `/v1/resources/${id}?tenant_id=${tenantId}`, { status: state })
}

let superAdminToken: { readonly server: string; readonly token: Promise<string> } | undefined

/** Calls ScaiKey’s API as a super_admin. */
export async function superAdmin(stage: DependentStage, method: string, path: string, body: unknown): Promise<Made> {
  if (superAdminToken?.server !== stage.one.url) {
    superAdminToken = { server: stage.one.url, token: administratorToken(stage, { role: 'super_admin' }) }
  }
  const reply = await stage.one.call(method, path, { body, key: await superAdminToken.token })
  if (reply.status >= 400) throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
  return reply.body as Made
}

/** An access token of an administrator who was just made. */
export async function administratorToken(stage: DependentStage, role: object, tenantId?: string): Promise<string> {
  const query = tenantId === undefined ? '' : `?tenant_id=${tenantId}`
  const program = await stage.api('POST', `/v1/api-clients${query}`, { label: 'finds the issuer' })
  const issuer = String(program.token_endpoint).replace(/\/oauth\/token$/, '')
  const person = { email: `${fresh('administrator')}@example.com`, password: 'correct horse battery staple' }
  await stage.api('POST', `/v1/administrators${query}`, { ...person, ...role })
  const { status, body } = await signInAtTerminal(stage.one, issuer, person)
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${JSON.stringify(body)}`)
  return String(body.access_token)
}

/** An organization with an identity provider and an e-mail domain, and whether both are there. */
export async function providersOfOrganization(stage: DependentStage): Promise<Scenario> {
  const { place } = await makeAudience(stage)
  const organization = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
  const path = `${place.admin}/organizations/${organization.id}`
  const owner = { organization_id: organization.id }
  const endpoint = 'https://idp.example.com'
  await stage.api('POST', `${place.admin}/identity-providers`, {
    ...{
      ...owner,
      provider_type: 'oidc',
      name: 'Acme',
      issuer: endpoint,
      client_id: 'here',
      client_secret: 'a secret',
    },
    ...{ authorization_endpoint: endpoint, token_endpoint: endpoint, jwks_uri: endpoint },
  })
  await stage.api('POST', `${place.admin}/email-domains`, { ...owner, domain: 'acme.example' })
  const countOf = async (what: string) =>
    (await stage.other.api<{ data: Made[] }>('GET', `${place.admin}/${what}`)).data.length
  const isAlive = async () =>
    allAlike([(await countOf('identity-providers')) === 1, (await countOf('email-domains')) === 1])
  return { isAlive, become: remove(stage, path) }
}
