// Owns the inputs of operations on applications, clients, agents and resources.
import { adminClientCreate } from '#domain/admin-client/admin-client.operations.ts'
import { agentSetPolicies } from '#domain/agent/agent.operations.ts'
import { registrationCreate } from '#domain/application/registration.operations.ts'
import { brokerProviderCreate } from '#domain/broker-provider/broker-provider.operations.ts'
import { clientSuspend } from '#domain/client/client.operations.ts'
import { connectionCreate } from '#domain/connection/connection.operations.ts'
import { emailDomainCreate } from '#domain/email-domain/email-domain.operations.ts'
import { flowCreate } from '#domain/flow/flow.operations.ts'
import { frontingLinkCreate } from '#domain/fronting-link/fronting-link.operations.ts'
import { identityProviderCreate } from '#domain/identity-provider/identity-provider.operations.ts'
import { initialAccessTokenCreate } from '#domain/initial-access-token/initial-access-token.operations.ts'
import {
  resourceAddReturnUrl,
  resourceCreate,
  resourceList,
  resourceUpdate,
} from '#domain/resource/resource.operations.ts'
import { issueTokenPair } from '../domain-fixtures.ts'
import { byId, type Fixture, type Fixtures, type Maker } from './maker.ts'

const busyClient = byId((maker) => maker.busyClient())

const provider = (maker: Maker) => ({
  providerType: 'oidc',
  name: maker.word(),
  issuer: 'https://idp.example.com',
  clientId: 'countersign',
  clientSecret: 'their secret',
  authorizationEndpoint: 'https://idp.example.com/authorize',
  tokenEndpoint: 'https://idp.example.com/token',
  jwksUri: 'https://idp.example.com/jwks',
  domains: ['idp.example.com'],
})
const madeProvider = (maker: Maker) => maker.run(identityProviderCreate, provider(maker))

const brokerProvider = (maker: Maker) => ({
  slug: maker.word(),
  template: 'github',
  clientId: 'here',
  clientSecret: 'their secret',
})
const madeBrokerProvider = (maker: Maker) => maker.run(brokerProviderCreate, brokerProvider(maker))
const connection = async (maker: Maker) => ({
  userId: (await maker.user()).id,
  providerId: (await madeBrokerProvider(maker)).id,
  accessToken: 'a-token',
  refreshToken: 'another token',
  scopes: ['repo'],
})
const madeConnection = async (maker: Maker) => maker.run(connectionCreate, await connection(maker))

const CHECK = { type: 'custom_check', config: { condition: { email_verified: true } } }
const madeFlow = async (maker: Maker, more: object = {}) => {
  const steps = [CHECK, { type: 'assign_role', config: { role_id: (await maker.role()).id } }]
  return maker.run(flowCreate, { name: maker.word(), trigger: 'login', steps, ...more })
}
const domain = (maker: Maker) => maker.run(emailDomainCreate, { domain: `${maker.word()}.example`.toLowerCase() })

const registration = (maker: Maker) => ({
  name: maker.word(),
  type: 'web',
  redirectUris: ['https://app.example/callback'],
})
const initialToken = (maker: Maker) => maker.run(initialAccessTokenCreate, { name: maker.word() })
const registered = (maker: Maker) => maker.run(registrationCreate, registration(maker))

/** The key of RFC 7517 §A.1. */
const AGENT_KEY = {
  ...{ kty: 'EC', crv: 'P-256' },
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
}

async function busyAdminClient(maker: Maker) {
  const made = await maker.run(adminClientCreate, { label: maker.word() })
  await issueTokenPair(maker.services.contextFor(), { clientId: made.id })
  return made
}

async function busyAgent(maker: Maker) {
  const made = await maker.agent()
  await issueTokenPair(maker.services.contextFor(), { clientId: await clientOfAgent(maker, made) })
  return made
}

async function clientOfAgent({ services }: Maker, { id }: { readonly id: string }): Promise<string> {
  const agent = await services.contextFor().read.agents.find(services.realm.id, id)
  if (!agent) throw new Error('the agent was not made')
  return agent.client.id
}

async function busyApplication(maker: Maker) {
  const made = await maker.application()
  const client = await maker.client({ application: made.name })
  await maker.access(await maker.user(), client.id)
  return made
}

const resource = (maker: Maker) => ({
  identifier: `https://${maker.word()}.example.com/`,
  name: maker.word(),
  scopes: [{ name: 'orders:read', description: 'Read orders' }],
})

async function busyResource(maker: Maker) {
  const made = await maker.run(resourceCreate, resource(maker))
  await maker.client({ audiences: [made.identifier], scopes: ['orders:read'] })
  await issueTokenPair(maker.services.contextFor(), { audience: made.identifier })
  return made
}

const ofClient: Fixture = async (maker) => ({
  input: { id: (await busyResource(maker)).id, clientId: (await maker.client()).id },
})
const ofListedClient: Fixture = async (maker) => {
  const clientId = (await maker.client()).id
  const lists = { exchangeClients: [clientId], runtimeClients: [clientId] }
  return { input: { id: (await maker.run(resourceCreate, { ...resource(maker), ...lists })).id, clientId } }
}

const RETURN_URL = 'https://app.example.com/connected'
const ofBrokerResource: Fixture = async (maker) => {
  const { id: brokerProvider } = await madeBrokerProvider(maker)
  const made = { ...resource(maker), backend: 'broker' as const, brokerProvider }
  return { input: { id: (await maker.run(resourceCreate, made)).id, url: RETURN_URL } }
}
const ofReturnUrl: Fixture = async (maker) => {
  const { input } = await ofBrokerResource(maker)
  await maker.run(resourceAddReturnUrl, input as { id: string; url: string })
  return { input }
}

const SCOPED = { scopes: [{ name: 'read', description: 'Read' }] }
const scopedPair = async (maker: Maker) => {
  const make = () => maker.run(resourceCreate, { ...resource(maker), ...SCOPED })
  return { source: (await make()).slug, target: (await make()).slug }
}
const linked = async (maker: Maker) => {
  const pair = await scopedPair(maker)
  await maker.run(frontingLinkCreate, { ...pair, scopeMap: { read: ['read'] } })
  return pair
}

/** Calls of what is done to applications, clients, agents, identity providers and resources. */
export const APPLICATIONS: Fixtures = {
  'application.create': (maker) => ({ input: { name: maker.word() } }),
  'application.get': byId((maker) => maker.application()),
  'application.update': async (maker) => ({ input: { id: (await maker.application()).id, name: maker.word() } }),
  'application.delete': byId(busyApplication),
  'email_domain.create': (maker) => ({ input: { domain: `${maker.word()}.example`.toLowerCase() } }),
  'email_domain.get': byId(domain),
  'email_domain.verify': byId(domain),
  'email_domain.delete': byId(domain),
  'initial_access_token.create': (maker) => ({ input: { name: maker.word() } }),
  'initial_access_token.revoke': byId(initialToken),
  'registration.create': (maker) => ({ input: registration(maker) }),
  'registration.get': byId(registered),
  'registration.rotate_secret': byId(registered),
  'registration.update': async (maker) => ({
    input: { id: (await registered(maker)).id, name: maker.word(), scopes: ['openid'], status: 'suspended' },
  }),

  'client.create': (maker) => ({
    input: { label: maker.word(), application: maker.word(), grantTypes: ['client_credentials'] },
  }),
  'client.get': busyClient,
  'client.snippet': busyClient,
  'client.update': async (maker) => ({
    input: { id: (await maker.busyClient()).id, label: maker.word(), allowedOrigins: ['https://app.example'] },
  }),
  'client.rotate_secret': busyClient,
  'client.suspend': busyClient,
  'client.reactivate': async (maker) => {
    const { id } = await maker.client()
    await maker.run(clientSuspend, { id })
    return { input: { id } }
  },
  'client.delete': [
    busyClient,
    async (maker) => ({ input: { id: await clientOfAgent(maker, await busyAgent(maker)) } }),
  ],

  'agent.create': [
    async (maker) => ({ input: { name: maker.word() }, at: await maker.anotherRealm() }),
    async (maker) => {
      await maker.agent()
      return { input: { name: maker.word(), allowedTools: ['search'], ownerId: (await maker.user()).id } }
    },
  ],
  'agent.get': byId(busyAgent),
  'agent.update': async (maker) => ({
    input: { id: (await busyAgent(maker)).id, name: maker.word(), type: 'bot', status: 'suspended' },
  }),
  'agent.rotate_secret': byId(busyAgent),
  'agent.rotate_key': async (maker) => ({ input: { id: (await busyAgent(maker)).id, publicJwk: AGENT_KEY } }),
  'agent.list_tokens': byId(busyAgent),
  'agent.list_authorizations': byId(busyAgent),
  'agent.list_events': byId(busyAgent),
  'agent.list_policies': byId(busyAgent),
  'agent.set_policies': async (maker) => {
    const [{ id }, ...others] = [await busyAgent(maker), await maker.agent(), await maker.agent()]
    const policies = others.map(({ id: agentId }) => ({ agentId, scopes: ['docs:read'] }))
    await maker.run(agentSetPolicies, { id, policies })
    return { input: { id, policies: [{ agentId: (await maker.agent()).id }, ...policies.slice(1)] } }
  },
  'agent.delete': byId(busyAgent),

  'admin_client.create': (maker) => ({ input: { label: maker.word() } }),
  'admin_client.get': byId(busyAdminClient),
  'admin_client.rotate_secret': byId(busyAdminClient),
  'admin_client.revoke': byId(busyAdminClient),

  'flow.create': (maker) => ({ input: { name: maker.word(), trigger: 'login', steps: [CHECK] } }),
  'flow.get': byId(madeFlow),
  'flow.update': async (maker) => ({ input: { id: (await madeFlow(maker)).id, priority: 7, steps: [CHECK] } }),
  'flow.rotate_secret': byId(madeFlow),
  'flow.delete': byId(madeFlow),
  'flow.dry_run': byId(madeFlow),
  'flow.list_runs': byId(madeFlow),
  'broker_provider.create': (maker) => ({ input: brokerProvider(maker) }),
  'broker_provider.get': byId(madeBrokerProvider),
  'broker_provider.update': async (maker) => {
    const { providerId: id } = await madeConnection(maker)
    return { input: { id, name: maker.word(), clientId: 'elsewhere' } }
  },
  'broker_provider.delete': async (maker) => ({ input: { id: (await madeConnection(maker)).providerId } }),
  'connection.create': async (maker) => ({ input: await connection(maker) }),
  'connection.get': byId(madeConnection),
  'connection.revoke': byId(madeConnection),
  'identity_provider.create': (maker) => ({ input: provider(maker) }),
  'identity_provider.get': byId(madeProvider),
  'identity_provider.update': async (maker) => ({
    input: {
      ...{ id: (await madeProvider(maker)).id, enabled: false, clientSecret: 'another secret' },
      groupMapping: [{ claim: 'team', value: 'engines', roleId: (await maker.role()).id }],
    },
  }),
  'identity_provider.delete': byId(madeProvider),

  'resource.create': (maker) => ({ input: resource(maker) }),
  'resource.get': byId(busyResource),
  'resource.metadata': byId(busyResource),
  'resource.update': async (maker) => ({
    input: { id: (await busyResource(maker)).id, name: maker.word(), status: 'suspended' },
  }),
  'resource.delete': byId(busyResource),
  'fronting_link.create': async (maker) => ({
    input: { ...(await scopedPair(maker)), scopeMap: { read: ['read'] } },
  }),
  'fronting_link.get': async (maker) => ({ input: await linked(maker) }),
  'fronting_link.update': async (maker) => {
    const pair = await linked(maker)
    const { data } = await maker.run(resourceList)
    const more = [...SCOPED.scopes, { name: 'write', description: 'Write' }]
    const target = data.find(({ slug }) => slug === pair.target)
    await maker.run(resourceUpdate, { id: target?.id ?? '', scopes: more })
    return { input: { ...pair, scopeMap: { read: ['read', 'write'] } } }
  },
  'fronting_link.delete': async (maker) => ({ input: await linked(maker) }),
  'resource.add_exchange_client': ofClient,
  'resource.remove_exchange_client': ofListedClient,
  'resource.add_runtime_client': ofClient,
  'resource.remove_runtime_client': ofListedClient,
  'resource.add_return_url': ofBrokerResource,
  'resource.remove_return_url': ofReturnUrl,
}
