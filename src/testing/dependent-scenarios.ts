// Owns, for each dependent of the table, how it is made and how one sees that it is alive (src/domain/dependents.ts).
import { setTimeout as sleep } from 'node:timers/promises'
import type { DependentName } from '#domain/dependents.ts'
import { tokenFor } from './admin-realm.ts'
import { enrolInBrowser } from './authenticator.ts'
import { BROKER_SCENARIOS } from './dependent-broker.ts'
import { NAMED_SCENARIOS } from './dependent-named.ts'
import {
  administratorToken,
  allAlike,
  brandingProbe,
  changeClient,
  changePartner,
  changeRealm,
  changeResource,
  changeTenant,
  changeUser,
  delegationProbe,
  deliveryProbe,
  deviceProbe,
  flowProbe,
  keyProbe,
  makeAudience,
  makeConsent,
  makeFrontingLink,
  makeGroup,
  makeInvitation,
  makePartner,
  makeProject,
  makeResource,
  makeRole,
  makeWebhook,
  permissionProbe,
  providersOfOrganization,
  remove,
  type Scenario,
  superAdmin,
  tokenProbe,
  tokensProbe,
} from './dependent-parts.ts'
import { basicOf, type DependentStage, fresh, type Made, placeOf } from './dependent-stage.ts'
import { addProvider, signInAtProvider } from './linked-account.ts'
import { streamProbe } from './stream-probe.ts'
import { UserAgent } from './user-agent.ts'

type Arrange = (stage: DependentStage) => Promise<Scenario>

/** How each dependent is made. Each call makes a thing of its own. */
export const SCENARIOS: Readonly<Record<DependentName, Arrange>> = {
  'partner: tenants': async (stage) => {
    const partner = await makePartner(stage)
    const place = await stage.place(partner.id)
    return { isAlive: tokenProbe(stage, await stage.client(place)), become: changePartner(stage, partner.id) }
  },
  'partner: applications': async (stage) => {
    const partner = await makePartner(stage)
    const made = await superAdmin(stage, 'POST', '/api/v1/admin/applications', {
      ...{ name: fresh('Application'), application_type: 'SERVICE', scope: 'PARTNER', partner_id: partner.id },
    })
    return { isAlive: tokenProbe(stage, { base: '', basic: basicOf(made) }), become: changePartner(stage, partner.id) }
  },
  'partner: administrators': async (stage) => {
    const partner = await makePartner(stage)
    const key = await administratorToken(stage, { role: 'partner_admin', partner_id: partner.id })
    return {
      isAlive: async () => (await stage.status('/v1/tenants', key)) === 200,
      become: changePartner(stage, partner.id),
    }
  },
  'tenant: realms': async (stage) => {
    const place = await stage.place()
    const client = await stage.client(place)
    const { browser, access } = await stage.signIn(await stage.person(place), client)
    const isAlive = async () => {
      const alive = [await stage.isActive(client, access), await stage.isSignedIn(browser, client)]
      return allAlike([...alive, (await stage.mint(client)) !== undefined])
    }
    return { isAlive, become: changeTenant(stage, place.tenantId) }
  },
  'tenant: API keys': async (stage) => {
    const place = await stage.place()
    return { isAlive: await keyProbe(stage, place, {}), become: changeTenant(stage, place.tenantId) }
  },
  'tenant: administrators': async (stage) => {
    const { tenantId } = await stage.place()
    const program = await stage.api('POST', `/v1/api-clients?tenant_id=${tenantId}`, { label: 'ci' })
    const tokens = [
      await administratorToken(stage, { role: 'tenant_admin' }, tenantId),
      await tokenFor(program as never),
    ]
    const isAlive = async () => {
      const statuses = await Promise.all(tokens.map((key) => stage.status('/v1/realms', key)))
      return allAlike(statuses.map((status) => status === 200))
    }
    return { isAlive, become: changeTenant(stage, tenantId) }
  },
  'tenant: webhooks': async (stage) => {
    const { tenantId } = await stage.place()
    await makeWebhook(stage, tenantId)
    return { isAlive: deliveryProbe(stage, tenantId), become: changeTenant(stage, tenantId) }
  },
  'tenant: mails': async (stage) => {
    const place = await stage.place()
    const organization = await stage.api('POST', `${place.admin}/organizations`, { name: 'Acme' })
    // The mails of one invitation: queued while the tenant is suspended, they are not sent when it is active again.
    const addresses: string[] = []
    const invite = async () => {
      const email = `${fresh('guest')}@example.com`
      const made = await stage.one.call('POST', `${place.admin}/organizations/${organization.id}/invitations`, {
        body: { email },
      })
      if (made.status === 201) addresses.push(email)
    }
    await invite()
    const hasArrived = () => stage.mails.mails.some(({ to }) => to.includes(addresses.at(-1) ?? ''))
    const isAlive = async () => {
      for (let round = 0; round < 40 && !hasArrived(); round++) await sleep(100)
      return hasArrived()
    }
    const change = changeTenant(stage, place.tenantId)
    const become = async (state: string) => {
      await change(state)
      if (state === 'suspended') await invite()
      if (state === 'deleted') addresses.push('nobody@example.com')
    }
    return { isAlive, become }
  },
  'realm: tokens': async (stage) => {
    const place = await stage.realm((await stage.place()).tenantId)
    const client = await stage.client(place)
    const { browser, access } = await stage.signIn(await stage.person(place), client)
    const isAlive = async () =>
      allAlike([await stage.isActive(client, access), await stage.isSignedIn(browser, client)])
    return { isAlive, become: changeRealm(stage, place) }
  },
  'realm: API keys': async (stage) => {
    const place = await stage.realm((await stage.place()).tenantId)
    return {
      isAlive: await keyProbe(stage, place, { reach: 'realm', realm: place.issuerId }),
      become: changeRealm(stage, place),
    }
  },
  'realm: branding': async (stage) => {
    const { tenantId } = await stage.place()
    const realm = await stage.realm(tenantId)
    return { isAlive: await brandingProbe(stage, realm), become: changeRealm(stage, realm) }
  },
  'realm: project keys': async (stage) => {
    const { isAlive, issuerId, remove: deleteProject } = await makeProject(stage)
    const become = async (state: string) => {
      if (state === 'deleted') return deleteProject()
      return stage.api('PATCH', `/v1/realms/${issuerId}`, { enabled: state === 'active' })
    }
    return { isAlive, become }
  },
  'project: keys': async (stage) => {
    const { isAlive, remove: become } = await makeProject(stage)
    return { isAlive, become }
  },
  'project: tokens': async (stage) => {
    const { tenantId, issuerId, remove: become } = await makeProject(stage)
    const client = await stage.client(placeOf(tenantId, issuerId))
    return { isAlive: tokenProbe(stage, client), become }
  },
  'user: sessions': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const { browser } = await stage.signIn(person, client)
    return { isAlive: () => stage.isSignedIn(browser, client), become: changeUser(stage, place, person.id) }
  },
  'user: tokens': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const tokens = await stage.signIn(person, client)
    return { isAlive: tokensProbe(stage, client, tokens), become: changeUser(stage, place, person.id) }
  },
  'user: device codes': async (stage) => {
    const { place, person } = await makeAudience(stage)
    return { isAlive: await deviceProbe(stage, place, person), become: changeUser(stage, place, person.id) }
  },
  'user: authenticators': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    await enrolInBrowser(new UserAgent(stage.one.url), stage.requestUrl(client, { acr_values: 'aal2' }), person)
    const path = `${place.admin}/users/${person.id}/authenticators`
    const isAlive = async () => {
      const { status, body } = await stage.other.call('GET', path)
      return status === 200 && (body as { data: unknown[] }).data.length === 2
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: linked accounts': async (stage) => {
    const { place } = await makeAudience(stage)
    const email = `${fresh('linked')}@linked.example`
    await signInAtProvider(stage.one, place.issuerId, email)
    const { data } = await stage.api<{ data: Made[] }>('GET', `${place.admin}/users?search=${email}`)
    const id = data[0]?.id ?? ''
    const isAlive = async () => {
      const { status, body } = await stage.other.call('GET', `${place.admin}/users/${id}/linked-accounts`)
      return status === 200 && (body as { data: unknown[] }).data.length === 1
    }
    return { isAlive, become: changeUser(stage, place, id) }
  },
  'user: accepted terms': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const terms = [{ version: '1', url: { en: 'https://example.com/terms' } }]
    await stage.api('PATCH', place.admin, { policy: { terms } })
    const agent = new UserAgent(stage.one.url)
    const signIn = await agent.follow(await agent.request(stage.requestUrl(client)))
    await agent.submit(await agent.submit(signIn, { ...person }), { accept: 'yes' })
    const isAlive = async () => {
      const { status, body } = await stage.other.call('GET', `${place.admin}/users/${person.id}/terms-acceptances`)
      return status === 200 && (body as { data: unknown[] }).data.length === 1
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: unique values': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const policy = { profile_attributes: [{ name: 'badge', unique: true }] }
    await stage.api('PATCH', place.admin, { policy })
    const attributes = { badge: fresh('badge') }
    await stage.api('PATCH', `${place.admin}/users/${person.id}`, { attributes })
    const isAlive = async () => {
      const other = { email: `${fresh('other')}@example.com`, attributes }
      const { status, body } = await stage.other.call('POST', `${place.admin}/users`, { body: other })
      if (status === 201) await stage.api('DELETE', `${place.admin}/users/${(body as Made).id}`)
      return status === 409
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: remembered devices': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    await stage.api('PATCH', place.admin, { policy: { remembered_device_days: 30 } })
    const url = stage.requestUrl(client, { acr_values: 'aal2' })
    await enrolInBrowser(new UserAgent(stage.one.url), url, person, true)
    const path = `${place.admin}/users/${person.id}/remembered-devices`
    const isAlive = async () => {
      const { status, body } = await stage.other.call('GET', path)
      return status === 200 && (body as { data: unknown[] }).data.length === 1
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: consents': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const { isAlive } = await makeConsent(stage, place, person)
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: delegation grants': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const given = { from_user_id: person.id, to_client_id: client.id }
    return { isAlive: await delegationProbe(stage, place, given), become: changeUser(stage, place, person.id) }
  },
  'user: subject mappings': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const { admin } = place
    const issuer = await stage.api('POST', `${admin}/trusted-issuers`, { name: 'I', issuer: 'https://idp.example.com' })
    const given = { trusted_issuer_id: issuer.id, subject: 'them', user_id: person.id }
    const { id } = await stage.api('POST', `${admin}/subject-mappings`, given)
    const isAlive = async () => {
      const { data } = await stage.other.api<{ data: { id: string }[] }>('GET', `${admin}/subject-mappings`)
      return data.some((mapping) => mapping.id === id)
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: agents': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const agent = await stage.api('POST', `${place.admin}/agents`, { name: fresh('Agent'), owner_id: person.id })
    return {
      isAlive: tokenProbe(stage, { base: place.base, basic: basicOf(agent) }),
      become: changeUser(stage, place, person.id),
    }
  },
  'user: roles': async (stage) => {
    const { place, person } = await makeAudience(stage)
    await makeRole(stage, place, { user_id: person.id })
    return { isAlive: permissionProbe(stage, place, person.id), become: changeUser(stage, place, person.id) }
  },
  'user: groups': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const group = await makeGroup(stage, place, person.id)
    const isAlive = async () => {
      const { data } = await stage.other.api<{ data: { user_id: string }[] }>(
        'GET',
        `${place.admin}/groups/${group.id}/members`,
      )
      return data.some(({ user_id: id }) => id === person.id)
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'user: organizations': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const organization = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
    const members = `${place.admin}/organizations/${organization.id}/members`
    const last = await stage.person(place)
    for (const { id } of [person, last]) await stage.api('POST', members, { user_id: id, role: 'admin' })
    // Another admin may step down while the user counts as one.
    const isAlive = async () => {
      const { status } = await stage.other.call('PATCH', `${members}/${last.id}`, { body: { role: 'member' } })
      await stage.api('PATCH', `${members}/${last.id}`, { role: 'admin' })
      return status === 200
    }
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'group: roles': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const group = await makeGroup(stage, place, person.id)
    await makeRole(stage, place, { group_id: group.id })
    return {
      isAlive: permissionProbe(stage, place, person.id),
      become: remove(stage, `${place.admin}/groups/${group.id}`),
    }
  },
  ...NAMED_SCENARIOS,
  ...BROKER_SCENARIOS,
  'organization: members': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const organization = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
    const path = `${place.admin}/organizations/${organization.id}`
    await stage.api('POST', `${path}/members`, { user_id: person.id, role: 'admin' })
    const role = await stage.api('POST', `${place.admin}/roles`, { name: 'Own', organization_id: organization.id })
    const isAlive = async () => {
      const { data } = await stage.other.api<{ data: Made[] }>('GET', `${place.admin}/users/${person.id}/organizations`)
      return data.length === 1 || (await stage.other.call('GET', `${place.admin}/roles/${role.id}`)).status === 200
    }
    return { isAlive, become: remove(stage, path) }
  },
  'organization: tokens': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const organization = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
    const path = `${place.admin}/organizations/${organization.id}`
    await stage.api('POST', `${path}/members`, { user_id: person.id })
    const client = await stage.client(place, { organization_usage: 'required' })
    return { isAlive: tokensProbe(stage, client, await stage.signIn(person, client)), become: remove(stage, path) }
  },
  'organization: branding': async (stage) => {
    const place = await stage.place()
    const { id } = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
    const isAlive = await brandingProbe(stage, place, { organization: id })
    return { isAlive, become: remove(stage, `${place.admin}/organizations/${id}`) }
  },
  'organization: flows': async (stage) => {
    const place = await stage.place()
    const organization = await stage.api('POST', `${place.admin}/organizations`, { name: fresh('Acme') })
    const step = { type: 'add_to_org', config: { org_id: organization.id } }
    return {
      isAlive: await flowProbe(stage, place, step),
      become: remove(stage, `${place.admin}/organizations/${organization.id}`),
    }
  },
  'organization: identity providers': providersOfOrganization,
  'organization: invitations': async (stage) => {
    const { isAlive, organization } = await makeInvitation(stage)
    return { isAlive, become: remove(stage, organization) }
  },
  'invitation: link': async (stage) => {
    const { isAlive, organization, id } = await makeInvitation(stage)
    return { isAlive, become: remove(stage, `${organization}/invitations/${id}`) }
  },
  'role: permissions': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const role = await makeRole(stage, place, { user_id: person.id })
    return {
      isAlive: permissionProbe(stage, place, person.id),
      become: remove(stage, `${place.admin}/roles/${role.id}`),
    }
  },
  'application: clients': async (stage) => {
    const place = await stage.place()
    const made = await superAdmin(stage, 'POST', '/api/v1/admin/applications', {
      ...{ name: fresh('Application'), application_type: 'SERVICE', scope: 'TENANT', tenant_id: place.tenantId },
    })
    const path = `/api/v1/admin/applications/${made.id}`
    const become = async (state: string) => {
      if (state === 'deleted') return superAdmin(stage, 'DELETE', path, undefined)
      return superAdmin(stage, 'PATCH', path, { status: state.toUpperCase() })
    }
    return { isAlive: tokenProbe(stage, { base: place.base, basic: basicOf(made) }), become }
  },
  'client: tokens': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const own = await stage.client(place)
    const tokens = await stage.signIn(person, own)
    return { isAlive: tokensProbe(stage, client, tokens, own), become: changeClient(stage, place, own.id) }
  },
  'client: streams': async (stage) => {
    const { place } = await makeAudience(stage)
    const given = { label: fresh('Receiver'), grant_types: ['client_credentials'], scopes: ['ssf.manage'] }
    const client = await stage.api('POST', `${place.admin}/clients`, given)
    const isAlive = await streamProbe(`${stage.one.url}${place.base}`, basicOf(client))
    return { isAlive, become: changeClient(stage, place, client.id) }
  },
  'client: branding': async (stage) => {
    const { place, client } = await makeAudience(stage)
    const isAlive = await brandingProbe(stage, place, { client: client.id }, client.clientId)
    return { isAlive, become: changeClient(stage, place, client.id) }
  },
  'client: consents': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const { isAlive, client } = await makeConsent(stage, place, person)
    return { isAlive, become: changeClient(stage, place, client.id) }
  },
  'client: delegation grants': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const given = { from_user_id: person.id, to_client_id: client.id }
    return { isAlive: await delegationProbe(stage, place, given), become: changeClient(stage, place, client.id) }
  },
  'agent: tokens': async (stage) => {
    const { place, client } = await makeAudience(stage)
    const agent = await stage.api('POST', `${place.admin}/agents`, { name: fresh('Agent') })
    const token = await stage.mint({ base: place.base, basic: basicOf(agent) })
    const become = async (state: string) => {
      if (state === 'deleted') return stage.api('DELETE', `${place.admin}/agents/${agent.id}`)
      return stage.api('PATCH', `${place.admin}/agents/${agent.id}`, { status: state })
    }
    return { isAlive: () => stage.isActive(client, token ?? ''), become }
  },
  'resource: tokens': async (stage) => {
    const { place, client, resource } = await makeResource(stage)
    const token = await stage.mint(client)
    const asker = await stage.client(place)
    return {
      isAlive: () => stage.isActive(asker, token ?? ''),
      become: changeResource(stage, place.tenantId, resource.id),
    }
  },
  'resource: consents': async (stage) => {
    const { place, resource } = await makeResource(stage)
    const audiences = [resource.identifier]
    const { isAlive } = await makeConsent(
      stage,
      place,
      await stage.person(place),
      { audiences },
      { resource: String(resource.identifier), scope: 'read' },
    )
    return { isAlive, become: changeResource(stage, place.tenantId, resource.id) }
  },
  'resource: fronting links': makeFrontingLink,
  'session: tokens': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const tokens = await stage.signIn(person, client)
    const { data } = await stage.api<{ data: Made[] }>('GET', `${place.admin}/sessions?user_id=${person.id}`)
    const become = () => stage.api('POST', `${place.admin}/sessions/${data[0]?.id}/revoke`)
    return { isAlive: tokensProbe(stage, client, tokens), become }
  },
  'consent: tokens': async (stage) => {
    const { place, client, person } = await makeAudience(stage)
    const made = await makeConsent(stage, place, person)
    const become = async () => {
      const { data } = await stage.api<{ data: Made[] }>('GET', `${place.admin}/grants?user_id=${person.id}`)
      for (const { id } of data) await stage.api('POST', `${place.admin}/grants/${id}/revoke`)
    }
    return { isAlive: tokensProbe(stage, client, made.tokens, made.client), become }
  },
  'authorization: tokens': async (stage) => {
    const { client, person } = await makeAudience(stage)
    const { access, refresh } = await stage.signIn(person, client)
    return {
      isAlive: () => stage.isActive(client, access),
      become: () => stage.post(client, '/oauth/revoke', { token: refresh }),
    }
  },
  'identity_provider: linked accounts': async (stage) => {
    const { place } = await makeAudience(stage)
    const { idp, path, signIn } = await addProvider(stage.one, place.issuerId, 'linked.example')
    idp.person = { sub: fresh('linked'), email: `${fresh('linked')}@linked.example`, email_verified: true }
    await signIn()
    const become = async (state: string) =>
      state === 'deleted' ? stage.api('DELETE', path) : stage.api('PATCH', path, { enabled: state === 'active' })
    return { isAlive: signIn, become }
  },
  'webhook: deliveries': async (stage) => {
    const { tenantId } = await stage.place()
    const webhook = await makeWebhook(stage, tenantId)
    const become = async (state: string) => {
      if (state === 'deleted') return stage.api('DELETE', `/v1/webhooks/${webhook.id}?tenant_id=${tenantId}`)
      return stage.api('PATCH', `/v1/webhooks/${webhook.id}?tenant_id=${tenantId}`, { active: state === 'active' })
    }
    return { isAlive: deliveryProbe(stage, tenantId), become }
  },
  'api_key: streams': async (stage) => {
    const { tenantId } = await stage.place()
    const query = `?tenant_id=${tenantId}`
    const made = await stage.api('POST', `/v1/api-keys${query}`, { name: 'Follows', permissions: ['events:read'] })
    const stream = await fetch(`${stage.other.adminUrl}/v1/events/stream`, {
      headers: { authorization: `Bearer ${made.key}` },
    })
    let ended = false
    stream.text().then(
      () => (ended = true),
      () => (ended = true),
    )
    const isAlive = async () => {
      await sleep(1200)
      await stage.api('POST', `/v1/realms${query}`, { name: fresh('realm') })
      await sleep(500)
      return !ended
    }
    return { isAlive, become: () => stage.api('DELETE', `/v1/api-keys/${made.id}${query}`) }
  },
}
