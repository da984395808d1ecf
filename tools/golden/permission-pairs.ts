// Owns the pairs of an operation and a permission that is not its own: what the operation changes, shows or accepts that
// the permission guards, and whether it needs the permission for that.
import * as z from 'zod'
import { PERMISSIONS, type Permission } from '#kernel/permission.ts'
import { code, page, table } from './markdown.ts'
import type { Described } from './operations.ts'

/** One operation and a permission that guards something it changes, shows or accepts. */
export interface Pair {
  readonly operation: string
  readonly own: string
  readonly permission: string
  /** What it changes, shows or accepts of it. */
  readonly touches: readonly string[]
  /** When the operation needs the permission as well. */
  readonly needs: string | undefined
  /** Why it gives nothing away without the permission. */
  readonly reason: string | undefined
}

interface Reason {
  readonly operations: readonly string[]
  readonly permissions: readonly string[]
  readonly why: string
}

const ENDS = 'It ends with what it depends on, and comes back with it; nothing is given. See dependents.md.'

/** Why an operation does not need a permission although it touches what the permission guards. */
export const REASONS: readonly Reason[] = [
  {
    operations: ['administrator.*'],
    permissions: ['users:write', 'sessions:write', 'agents:write', 'organizations:write'],
    why: 'Administrators are the users of the admin realm, which users:write does not reach; the caller has all permissions.',
  },
  {
    operations: ['administrator_session.*'],
    permissions: ['sessions:read', 'sessions:write', 'users:read'],
    why: 'These sessions are of the admin realm, which the permissions for sessions and users do not reach.',
  },
  {
    operations: ['admin_client.create', 'admin_client.rotate_secret'],
    permissions: ['clients:write', 'applications:write'],
    why: 'These clients are of the admin realm, which clients:write does not reach; the caller has all permissions.',
  },
  {
    operations: ['admin_client.revoke'],
    permissions: ['clients:write'],
    why: 'A client of the admin realm, which clients:write does not reach, loses its access; nothing is given.',
  },
  {
    operations: ['mail_settings.update'],
    permissions: ['realms:write'],
    why: 'Of the realm it changes nothing but what says who sends its mails.',
  },
  {
    operations: ['proxy.simulate'],
    permissions: ['roles:write'],
    why: 'The permissions are those of an invented caller; nobody gets them.',
  },
  {
    operations: ['application.delete'],
    permissions: ['proxy-sites:write'],
    why: 'The proxy sites of the application end with it; nothing is given.',
  },
  {
    operations: ['organization.delete'],
    permissions: ['identity-providers:write'],
    why: 'The identity providers of the organization end with it; nothing is given.',
  },
  {
    operations: ['registration.rotate_secret'],
    permissions: ['applications:read'],
    why: 'It shows the application of the one client whose secret the caller may rotate.',
  },
  {
    operations: ['device_authorization.approve'],
    permissions: ['sessions:write'],
    why: 'The device gets a session of its own; sessions:write ends sessions, and users:write guards who acts as a user.',
  },
  {
    operations: ['dev_inbox.*'],
    permissions: ['mails:read'],
    why: 'These are the contents that the server for development keeps; mails:read guards the log, which shows no content.',
  },
  {
    operations: ['mail_template.send_test', 'sms_settings.send_test'],
    permissions: ['mails:read'],
    why: 'It shows the one mail that the caller asked for just now.',
  },
  {
    operations: ['agent.create', 'agent.update', 'agent.delete', 'agent.rotate_secret'],
    permissions: ['clients:write', 'applications:write'],
    why: 'The client of an agent is a part of the agent, and agents:write guards both; it has no grant for users.',
  },
  {
    operations: ['api_key.create', 'api_key.update'],
    permissions: ['roles:write'],
    why: 'These are permissions for this API: a key gets none that its creator does not have. Roles have others.',
  },
  {
    operations: ['broker_provider.*'],
    permissions: ['users:read'],
    why: 'The address is that of the service account at the provider, and of no user.',
  },
  {
    operations: ['me.get'],
    permissions: ['tenants:read'],
    why: 'It shows the tenant of the caller itself: its name, and nothing of others.',
  },
  {
    operations: ['resource.delete'],
    permissions: ['fronting-links:write'],
    why: 'The fronting links of the resource end with it; nothing is given.',
  },
  {
    operations: ['user.list_events'],
    permissions: ['users:read'],
    why: 'The events are those of one user whom the caller names, as event.list shows them.',
  },
  {
    operations: ['user.revoke_agents'],
    permissions: ['users:write'],
    why: 'The agents of a user lose their access, as agents:write allows for each; nothing of the user changes.',
  },
  {
    operations: [
      'application.delete',
      'client.delete',
      'authenticator.remove',
      'linked_account.remove',
      'user.*',
      'scim_user.*',
      'scim.bulk',
    ],
    permissions: ['clients:write', 'agents:write', 'sessions:write', 'organizations:write'],
    why: ENDS,
  },
  {
    operations: ['linked_account.remove'],
    permissions: ['groups:write', 'roles:write'],
    why: 'Only what the group mapping of the provider gave by the account is taken away.',
  },
  {
    operations: ['client.create'],
    permissions: ['applications:write'],
    why: 'The application is only the name under which the client is shown; it opens nothing.',
  },
  {
    operations: ['project.create', 'project.update', 'project.delete'],
    permissions: ['realms:write', 'keys:write'],
    why: 'A project has one realm, which is a part of it; the caller chooses neither its keys nor its policy.',
  },
  {
    operations: ['client.create', 'client.update'],
    permissions: ['keys:write'],
    why: 'Only keys that every realm gets in its first seconds, where a client needs them before.',
  },
  {
    operations: ['realm.create'],
    permissions: ['keys:write'],
    why: 'A realm without a key cannot issue tokens; nobody else uses the new keys.',
  },
  {
    operations: ['tenant.create'],
    permissions: ['realms:write', 'keys:write', 'applications:write', 'clients:write'],
    why: 'Parts of the new tenant, always the same ones; no secret of them is shown.',
  },
  {
    operations: [
      'group.members',
      'group.effective_members',
      'organization.*',
      'invitation.*',
      'session.*',
      'grant.*',
      'issuance.*',
      'role.assignments',
      'agent.*',
      'administrator.*',
      'scim_group.*',
      'event.*',
    ],
    permissions: ['users:read'],
    why: 'The name and the address of the user, and nothing else of the user, stand where the user takes part: a list of members or sessions without them tells nobody who it is.',
  },
  {
    operations: ['admin_client.*'],
    permissions: ['clients:read'],
    why: 'These clients are of the admin realm, which clients:read does not reach.',
  },
  {
    operations: ['client.*'],
    permissions: ['applications:read'],
    why: 'Of the application only the id and the name are shown, under which the client stands.',
  },
  {
    operations: ['client.*'],
    permissions: ['users:read'],
    why: 'The mail address in the certificate of a program, which an administrator typed; it is no user’s record.',
  },
  {
    operations: ['purge.run', 'event.purge'],
    permissions: ['issuances:write'],
    why: 'Only records of tokens that are over and older than their retention go; purges:write names them.',
  },
  {
    operations: ['purge.run', 'event.purge'],
    permissions: ['users:write'],
    why: 'Only users who were deleted go, after the retention of the platform; purges:write names them.',
  },
  {
    operations: ['partner.*', 'tenant.*'],
    permissions: ['users:read'],
    why: 'The address to write to, which an administrator typed; it is no user’s record.',
  },
  {
    operations: ['revocation.create'],
    permissions: ['grants:write', 'sessions:write'],
    why: 'What is revoked ends with all that depends on it; nothing is given. revocations:write names that.',
  },
  {
    operations: ['revocation.*'],
    permissions: ['issuances:read', 'users:read', 'clients:read', 'agents:read'],
    why: 'How much would end, and the names of some of those who have it: without them, nobody can tell whether it is the right thing that ends.',
  },
  {
    operations: ['identity_provider.*'],
    permissions: ['users:read'],
    why: 'The name of the claim that has the address; no address.',
  },
]

/** The permission that guards objects of a noun, where it is not the plural of the noun; null for what no permission guards. */
const GUARDS: Readonly<Record<string, string | null>> = {
  device_authorization: 'grants',
  project_key: 'projects',
  authenticator: 'users',
  linked_account: 'users',
  remembered_device: 'users',
  terms_acceptance: 'users',
  mail_settings: 'mail-settings',
  sms_settings: 'sms-settings',
  dev_inbox: 'dev-inbox',
  initial_access_token: 'clients',
  subject_mapping: 'trusted-issuers',
  issuer_policy: 'trusted-issuers',
  identity_assertion: 'issuances',
  invitation: 'organizations',
  role_permission: 'roles',
  bootstrap: 'administrators',
  key: 'keys',
  signing_key: 'keys',
  token: 'issuances',
  refresh_token: 'issuances',
  webhook_delivery: 'webhooks',
  identity_provider: 'identity-providers',
  email_domain: 'identity-providers',
  directory: 'directories',
  authorization_code: null,
  token_request: null,
  refusal: 'events',
  logout_delivery: 'sessions',
  backchannel_authentication: 'grants',
  access: null,
  flow_run: 'flows',
  proxy: 'proxy',
}

/**
 * What a member of an input that is true or false opens: the permission that guards it, or why it opens nothing that
 * another permission guards.
 */
export const SWITCHES: Readonly<Record<string, { readonly permission: Permission } | { readonly why: string }>> = {
  introspectAllTokens: { permission: 'issuances:read' },
  firstParty: { permission: 'grants:write' },
  clientCredentials: { permission: 'clients:write' },
  tokenExchangeAllowed: { why: 'The client exchanges only tokens that it was given.' },
  impersonationAllowed: {
    why: 'It exchanges only tokens that it was given, and gets no right that these do not have.',
  },
  idTokenProfileClaims: { why: 'The client gets the same claims from userinfo.' },
  encryptedAssertions: { why: 'A rule for the responses of the provider.' },
  signedRequests: { why: 'A rule for the requests to the provider.' },
  idpInitiated: { why: 'Such a sign-in is asked for once more, and goes the way of every other.' },
  signsIdentity: { why: 'What the application is told of its own callers, signed.' },
  passesToken: { why: 'The application gets tokens that its callers sent to it.' },
  machinesOnly: { why: 'It only refuses.' },
  uniqueLabel: { why: 'A rule for the name of the new client.' },
  atRegistration: { why: 'A rule for what people are asked when they make an account.' },
  onAccountPage: { why: 'People see and change their own attributes only.' },
  required: { why: 'A rule for what people have to say of themselves.' },
  unique: { why: 'A rule for the values of an attribute; a refusal tells that somebody has one.' },
  pkceRequired: { why: 'A rule for the requests of the client itself.' },
  requirePushedAuthorizationRequests: { why: 'A rule for the requests of the client itself.' },
  accountDeletion: { why: 'A rule for what people of the realm itself do.' },
  smsEnabled: { why: 'A rule for the sign-ins of the realm itself.' },
  totpEnabled: { why: 'A rule for the sign-ins of the realm itself.' },
  tlsClientCertificateBoundAccessTokens: { why: 'A rule for the tokens of the client itself.' },
  frontchannelLogoutSessionRequired: { why: 'What the client is told of the sessions of its own users.' },
  requireSignedRequestObject: { why: 'A rule for the requests of the client itself.' },
  encryptedRequestObjects: { why: 'A rule for the requests of clients, which they sign anyway.' },
  statusList: {
    why: 'What tokens say of where their status is; it shows which numbers were revoked, and nothing of their tokens.',
  },
  dpopBoundAccessTokens: { why: 'A rule for the tokens of the client itself.' },
  enabled: { why: 'The noun is switched by its own permission.' },
  active: { why: 'The noun is switched by its own permission.' },
  jitProvisioning: { why: 'Who sets a provider can sign in as its users, and needs credentials:write.' },
  trustDomains: { why: 'Who sets a provider can sign in as its users, and needs credentials:write.' },
  trustEmail: { why: 'Who sets a provider can sign in as its users, and needs credentials:write.' },
  use: { why: 'Whether the branding that the permission guards refers to the file.' },
  button: { why: 'What the sign-in page of the realm itself shows.' },
  issParameter: { why: 'What the responses of the provider itself are checked for.' },
  magicLinkEnabled: { why: 'A rule for the sign-ins of the realm itself.' },
  mfaEnabled: { why: 'A fact about a made-up person, of whom nothing is kept.' },
  mfaVerified: { why: 'A fact about a made-up person, of whom nothing is kept.' },
  callWebhooks: { why: 'The receivers are those of the flow, which its own permission guards.' },
  passkeyEnabled: { why: 'A rule for the sign-ins of the realm itself.' },
  mail: { why: 'Whether the invitation is mailed or its link is shown.' },
  removeSecondFactors: { why: 'The caller can set the password and has all permissions.' },
  immediate: { why: 'How a rotation, which is permitted, is done.' },
  compromised: { why: 'How a rotation, which is permitted, is done.' },
  dryRun: { why: 'Nothing is done.' },
  withMembers: { why: 'What is shown of a group, within the same permission.' },
  withGroups: { why: 'Groups are shown to who has groups:read.' },
  emailVerified: { why: 'A fact about the user, whom the permission guards.' },
  phoneVerified: { why: 'A fact about the user, whom the permission guards.' },
}

function guardOf(noun: string, verb: 'read' | 'write'): string | undefined {
  const plural = Object.hasOwn(GUARDS, noun) ? GUARDS[noun] : `${noun.replaceAll('_', '-')}s`
  if (plural === null) return undefined
  const permission = `${plural}:${verb}`
  // Nobody writes the event log but the server.
  if (permission === 'events:write') return undefined
  if (!Object.hasOwn(PERMISSIONS, permission)) throw new Error(`${noun}: there is no permission ${permission}.`)
  return permission
}

/**
 * Every pair of an operation and another permission that guards what the operation changes, shows or accepts, by name.
 * What it changes is known by its events, what it shows by the ids in its output, what it accepts by its input.
 */
export function permissionPairs(operations: readonly Described[]): Pair[] {
  return operations.flatMap((operation) => {
    const touched = touchedBy(operation)
    for (const { permission } of needsOf(operation)) touched.set(permission, touched.get(permission) ?? [])
    touched.delete(operation.permission)
    return [...touched].map(([permission, touches]) => {
      const needs = needsOf(operation)
        .filter((also) => also.permission === permission)
        .map(({ when }) => when)
      return {
        operation: operation.name,
        own: operation.permission,
        permission,
        touches,
        needs: needs.join('; or ') || undefined,
        reason: needs.length > 0 ? undefined : reasonFor(operation.name, permission)?.why,
      }
    })
  })
}

function needsOf({ alsoNeeds = [], makesCredentials }: Described): { permission: string; when: string }[] {
  return [
    ...alsoNeeds,
    ...(makesCredentials ? [{ permission: 'credentials:write', when: 'the caller is a program' }] : []),
  ]
}

/** The reason that is given for a pair. */
export function reasonFor(operation: string, permission: string): Reason | undefined {
  return REASONS.find(
    ({ operations, permissions }) =>
      permissions.includes(permission) &&
      operations.some((name) => (name.endsWith('*') ? operation.startsWith(name.slice(0, -1)) : name === operation)),
  )
}

function touchedBy({ permission: own, events, input, output }: Described): Map<string, string[]> {
  const touched = new Map<string, string[]>()
  const touch = (permission: string | undefined, what: string) => {
    if (permission === undefined || permission.split(':')[0] === own.split(':')[0]) return
    const known = touched.get(permission) ?? []
    if (!known.includes(what)) touched.set(permission, [...known, what])
  }
  for (const event of events) touch(guardOf(event.split('.')[0] as string, 'write'), `emits ${code(event)}`)
  for (const { name, noun } of membersOf(output)) {
    if (name === 'id' && noun !== undefined) touch(guardOf(noun, 'read'), `shows ${noun.replaceAll('_', ' ')}s`)
    if (/email/i.test(name)) touch('users:read', 'shows the address of a user')
  }
  for (const { name } of membersOf(input)) {
    if (name === 'permissions') touch('roles:write', 'accepts permissions')
    const opened = own.endsWith(':write') && Object.hasOwn(SWITCHES, name) ? SWITCHES[name] : undefined
    if (opened && 'permission' in opened) touch(opened.permission, `accepts ${code(name)}`)
  }
  return touched
}

/** A member of an input or output. */
export interface Member {
  readonly name: string
  /** Whose id it is. */
  readonly noun: string | undefined
  /** Whether it can be true or false. */
  readonly isSwitch: boolean
}

function hasBoolean(schema: object): boolean {
  const { type, anyOf = [] } = schema as { type?: unknown; anyOf?: object[] }
  return type === 'boolean' || anyOf.some(hasBoolean)
}

/** The members of a schema and of what lies in it. */
export function membersOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Member[] {
  const members: Member[] = []
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    const { properties } = part as { properties?: Record<string, { noun?: string }> }
    for (const [name, schema] of Object.entries(properties ?? {})) {
      members.push({ name, noun: schema.noun, isSwitch: hasBoolean(schema) })
    }
    for (const value of Object.values(part)) walk(value)
  }
  walk(z.toJSONSchema(schema, { unrepresentable: 'any', io }))
  return members
}

/** docs/reference/permission-pairs.md */
export function permissionPairsPage(operations: readonly Described[]): string {
  const pairs = permissionPairs(operations)
  const all = operations.length * (Object.keys(PERMISSIONS).length - 1)
  const row = ({ operation, own, permission, touches, needs, reason }: Pair) => [
    code(operation),
    code(own),
    code(permission),
    touches.join(', '),
    needs ?? reason ?? '',
  ]
  const columns = ['Operation', 'Its permission', 'Other permission', 'What it touches']
  return page('Operations and other permissions', [
    'Whoever gets, by an operation, what another permission guards needs that permission as well. There are ' +
      `${all} pairs of an operation and a permission that is not its own. In these ${pairs.length} the operation needs the ` +
      'permission as well, or touches what it guards: it emits an event of it, shows an object of it, or accepts a value ' +
      'for it. In all others it does none of that. A test fails if a pair has neither a rule nor a reason ' +
      '(`tools/permission-pairs.test.ts`).',
    '## The operation needs the permission',
    table([...columns, 'When'], pairs.filter(({ needs }) => needs !== undefined).map(row)),
    '## The operation does not need the permission',
    table([...columns, 'Why nothing is given away'], pairs.filter(({ needs }) => needs === undefined).map(row)),
  ])
}
