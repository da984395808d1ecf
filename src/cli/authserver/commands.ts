// The table of the commands of `authserver admin` (AuthPlane, “Admin API guide”).

/** What the text of a flag becomes. */
export type FlagKind =
  | 'text'
  | 'number'
  /** Texts with commas between them. */
  | 'list'
  /** `name|upstream|description`, repeated: the names, with spaces between them. */
  | 'scope_names'
  /** The same, as objects. */
  | 'scopes'
  /** A file with such objects as JSON, or with such texts in lines. */
  | 'scopes_file'
  /** `scope:other+other,scope:other`, or with `=` in the place of the colons. */
  | 'scope_map'
  /** Given or not. */
  | 'flag'
  /** The path of a file with JSON. */
  | 'json_file'

/** A flag, and the member of the request that it is. */
export interface CommandFlag {
  readonly kind: FlagKind
  /** The member; the path has it in braces. With dots for members of members. */
  readonly member: string
  readonly summary: string
  readonly required?: true
  /** What a flag without a value stands for. Default: true. */
  readonly value?: unknown
  /** The variable that it is read from where it is not given. */
  readonly env?: string
  /** Whether it stands in the query, also where the others are the body. */
  readonly inQuery?: true
}

/** A command: a request to the API. */
export interface AdminCommand {
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `{member}` for members that stand in the path. */
  readonly path: string
  readonly flags: Readonly<Record<string, CommandFlag>>
  /** Whether `-` reads the body from standard input. */
  readonly takesInput?: true
  /** The member that holds a list; empty for a reply that is one. */
  readonly list?: string
  /** The columns of its table. */
  readonly columns?: readonly string[]
}

const text = (member: string, summary: string): CommandFlag => ({ kind: 'text', member, summary })
const needed = (flag: CommandFlag): CommandFlag => ({ ...flag, required: true })
const id = (what: string) => ({ id: needed(text('id', `The id of the ${what}.`)) })
const flag = (member: string, summary: string, value?: unknown): CommandFlag => ({
  ...{ kind: 'flag', member, summary },
  ...(value !== undefined && { value }),
})
const fromEnv = (flags: AdminCommand['flags'], names: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(flags).map(([name, each]) => [
      name,
      names[name] === undefined ? each : { ...each, env: `AUTHSERVER_CLIENT_${names[name]}` },
    ]),
  )
const clientId = fromEnv(id('client'), { id: 'ID' })
const resourceId = {
  id: needed(text('id', 'The id, the slug or the URI of the resource.')),
  slug: text('id', 'The same.'),
} as const
const force = flag('force', 'Also if it has valid tokens.')
const limit: CommandFlag = { kind: 'number', member: 'limit', summary: 'How many at most.' }

const clientFlags = {
  name: text('client_name', 'The display name.'),
  'grant-types': { kind: 'list', member: 'grant_types', summary: 'The grant types, with commas between them.' },
  'redirect-uris': { kind: 'list', member: 'redirect_uris', summary: 'The redirect URIs, with commas between them.' },
  scopes: { kind: 'scope_names', member: 'scope', summary: 'A scope: name|upstream|description. Repeat it for more.' },
  scope: text('scope', 'The scopes, with spaces between them.'),
} as const satisfies AdminCommand['flags']

const resourceFlags = {
  slug: text('slug', 'Its short name.'),
  'display-name': text('display_name', 'The display name.'),
  scopes: { kind: 'scopes', member: 'scopes', summary: 'A scope: name|upstream|description. Repeat it for more.' },
} as const satisfies AdminCommand['flags']

const clientList = (summary: string, member: string): CommandFlag => ({
  kind: 'list',
  member: `policy.${member}`,
  summary,
})
const policyFlags = {
  'policy-allowed-clients': clientList(
    'The only clients that exchange tokens for it, with commas between them.',
    'exchange.allowed_client_ids',
  ),
  'policy-runtime-client-ids': clientList('The clients that it is, with commas between them.', 'runtime.client_ids'),
} as const
const NO_POLICY = { exchange: { allowed_client_ids: [] }, runtime: { client_ids: [] } }
const scopesFile: CommandFlag = {
  kind: 'scopes_file',
  member: 'scopes',
  summary: 'A file with the scopes: a JSON array, or name|upstream|description in lines.',
}
const runtimeClient = {
  slug: needed(text('slug', 'The slug of the resource.')),
  'client-id': needed(text('client_id', 'The client_id of the client.')),
} as const
const ends = {
  source: needed(text('source', 'The resource that the gateway is, by its slug.')),
  target: needed(text('target', 'The resource behind it.')),
} as const
const scopeMap: CommandFlag = {
  kind: 'scope_map',
  member: 'scope_map',
  summary: 'Scopes of the target by those of the source: A:AA+AB,B:BB, or A=AA+AB for names with colons.',
}
const LINK = '/admin/fronting/{source}/{target}'
const IDP = '/admin/idps/{id}'
const providerFlags = {
  'display-name': text('display_name', 'The display name.'),
  'config-data': {
    kind: 'json_file',
    member: 'config_data',
    summary: 'A JSON file with the settings of the protocol.',
  },
} as const satisfies AdminCommand['flags']

const CLIENT_COLUMNS = ['client_id', 'name', 'status', 'token_endpoint_auth_method', 'registration_source']
const RESOURCE_COLUMNS = ['slug', 'uri', 'backend_kind', 'display_name', 'id']
const ISSUANCE_COLUMNS = ['id', 'issued_at', 'client_id', 'subject_user_id', 'resource', 'revoked_at']

/** The commands, by noun and verb. */
export const ADMIN_COMMANDS: Readonly<Record<string, Readonly<Record<string, AdminCommand>>>> = {
  client: {
    create: {
      summary: 'Register a client. Its secret is shown once.',
      method: 'POST',
      path: '/admin/clients',
      flags: {
        ...fromEnv(
          {
            ...clientFlags,
            'auth-method': text(
              'token_endpoint_auth_method',
              'client_secret_post, client_secret_basic or none. Default: none.',
            ),
          },
          {
            name: 'NAME',
            'grant-types': 'GRANT_TYPES',
            'redirect-uris': 'REDIRECT_URIS',
            scope: 'SCOPE',
            'auth-method': 'AUTH_METHOD',
          },
        ),
      },
      takesInput: true,
    },
    list: {
      summary: 'List all clients.',
      method: 'GET',
      path: '/admin/clients',
      flags: { limit, source: text('source', 'dcr, cimd or admin.'), status: text('status', 'active or suspended.') },
      list: '',
      columns: CLIENT_COLUMNS,
    },
    get: { summary: 'Show a client.', method: 'GET', path: '/admin/clients/{id}', flags: clientId },
    update: {
      summary: 'Change a client.',
      method: 'PATCH',
      path: '/admin/clients/{id}',
      flags: { ...clientId, ...clientFlags },
      takesInput: true,
    },
    'rotate-secret': {
      summary: 'Give a client a new secret. It is shown once.',
      method: 'POST',
      path: '/admin/clients/{id}/rotate-secret',
      flags: clientId,
    },
    delete: {
      summary: 'Delete a client and revoke its tokens.',
      method: 'DELETE',
      path: '/admin/clients/{id}',
      flags: { ...clientId, force },
    },
  },
  resource: {
    create: {
      summary: 'Register a resource.',
      method: 'POST',
      path: '/admin/resources',
      flags: {
        ...resourceFlags,
        ...policyFlags,
        'scopes-file': scopesFile,
        uri: text('uri', 'Its URI, byte for byte as its metadata has it.'),
        'backend-kind': text('backend_kind', 'mint: this server signs its tokens. broker: a provider issues them.'),
        'broker-provider': text('broker_provider_slug', 'The provider of a broker resource: its slug or its id.'),
      },
      takesInput: true,
    },
    list: {
      summary: 'List the resources.',
      method: 'GET',
      path: '/admin/resources',
      flags: { limit },
      list: '',
      columns: RESOURCE_COLUMNS,
    },
    get: { summary: 'Show a resource.', method: 'GET', path: '/admin/resources/{id}', flags: resourceId },
    update: {
      summary: 'Change a resource.',
      method: 'PATCH',
      path: '/admin/resources/{id}',
      flags: {
        ...id('resource'),
        ...resourceFlags,
        ...policyFlags,
        'scopes-file': scopesFile,
        'scopes-clear': flag('scopes', 'It has no scopes.', []),
        'policy-clear': flag('policy', 'It names no clients.', NO_POLICY),
      },
      takesInput: true,
    },
    delete: {
      summary: 'Delete a resource, and revoke its tokens.',
      method: 'DELETE',
      path: '/admin/resources/{id}',
      flags: { ...resourceId, cascade: flag('cascade', 'With the fronting links from and to it.') },
    },
    'runtime-client add': {
      summary: 'Say that a client is a resource.',
      method: 'POST',
      path: '/admin/resources/{slug}/policy/runtime/client-ids',
      flags: runtimeClient,
    },
    'runtime-client remove': {
      summary: 'Say that a client is a resource no more.',
      method: 'DELETE',
      path: '/admin/resources/{slug}/policy/runtime/client-ids/{client_id}',
      flags: runtimeClient,
    },
    'runtime-client list': {
      summary: 'List the clients that are a resource.',
      method: 'GET',
      path: '/admin/resources/{slug}/policy/runtime/client-ids',
      flags: { slug: runtimeClient.slug },
    },
  },
  fronting: {
    create: {
      summary: 'Put a resource behind another one.',
      method: 'POST',
      path: '/admin/fronting',
      flags: {
        ...ends,
        'scope-map': needed(scopeMap),
        'dry-run': { ...flag('dry_run', 'Check everything and store nothing.'), inQuery: true },
      },
    },
    list: {
      summary: 'List the fronting links.',
      method: 'GET',
      path: '/admin/fronting',
      flags: { source: text('source', 'Only from this resource.'), target: text('target', 'Only to this one.'), limit },
      list: '',
      columns: ['source_slug', 'target_slug', 'scope_map', 'created_by'],
    },
    get: { summary: 'Show a fronting link.', method: 'GET', path: LINK, flags: ends },
    update: {
      summary: 'Change which scopes a fronting link maps.',
      method: 'PATCH',
      path: LINK,
      flags: { ...ends, 'scope-map': needed(scopeMap) },
    },
    delete: { summary: 'Remove a fronting link.', method: 'DELETE', path: LINK, flags: ends },
  },
  key: {
    list: {
      summary: 'List the signing keys.',
      method: 'GET',
      path: '/admin/keys',
      flags: {},
      list: 'keys',
      columns: ['kid', 'alg', 'status'],
    },
    rotate: {
      summary: 'Sign with the next key. The one before stays in the JWKS.',
      method: 'POST',
      path: '/admin/keys/rotate',
      flags: {},
    },
  },
  issuance: {
    list: {
      summary: 'List the issued tokens, the newest first.',
      method: 'GET',
      path: '/admin/issuances',
      flags: {
        user: text('user_id', 'Only tokens for this user.'),
        client: text('client_id', 'Only tokens of this client.'),
        resource: text('resource', 'Only tokens for this resource: its slug, id or URI.'),
        jti: text('jti', 'Only the token with this jti.'),
        since: text('since', 'Only tokens since a time (RFC 3339), or of the last hours or days: 24h, 7d.'),
        limit,
      },
      list: 'issuances',
      columns: ISSUANCE_COLUMNS,
    },
    get: { summary: 'Show an issued token.', method: 'GET', path: '/admin/issuances/{id}', flags: id('issuance') },
    revoke: {
      summary: 'Revoke an issued token.',
      method: 'DELETE',
      path: '/admin/issuances/{id}',
      flags: id('issuance'),
    },
  },
  grant: {
    'list-user-grants': {
      summary: 'List what a user allowed clients.',
      method: 'GET',
      path: '/admin/users/{user}/grants',
      flags: { user: needed(text('user', 'The id of the user.')) },
      list: 'consent_grants',
      columns: ['id', 'client_id', 'resource', 'scopes', 'revoked_at'],
    },
    'revoke-broker': {
      summary: 'End the connection of a user to a provider, and revoke its tokens there.',
      method: 'DELETE',
      path: '/admin/grants/broker/{id}',
      flags: id('connection'),
    },
    'revoke-consent': {
      summary: 'Revoke a consent, and the tokens that it led to.',
      method: 'DELETE',
      path: '/admin/grants/consent/{id}',
      flags: id('consent'),
    },
  },
  provider: {
    create: {
      summary: 'Register a provider whose tokens are kept for users.',
      method: 'POST',
      path: '/admin/broker-providers',
      flags: {
        slug: needed(text('slug', 'Its short name.')),
        protocol: text('protocol', 'oauth, api_key or service_account. Default: oauth.'),
        ...providerFlags,
      },
      takesInput: true,
    },
    list: {
      summary: 'List the providers.',
      method: 'GET',
      path: '/admin/broker-providers',
      flags: { limit },
      list: '',
      columns: ['id', 'slug', 'protocol', 'display_name'],
    },
    get: { summary: 'Show a provider.', method: 'GET', path: '/admin/broker-providers/{id}', flags: id('provider') },
    update: {
      summary: 'Change a provider.',
      method: 'PATCH',
      path: '/admin/broker-providers/{id}',
      flags: { ...id('provider'), ...providerFlags },
      takesInput: true,
    },
    delete: {
      summary: 'Delete a provider that no resource uses.',
      method: 'DELETE',
      path: '/admin/broker-providers/{id}',
      flags: id('provider'),
    },
  },
  user: {
    create: {
      summary: 'Create a user.',
      method: 'POST',
      path: '/admin/users',
      flags: {
        email: text('email', 'The address.'),
        name: text('name', 'The display name.'),
        password: text('password', 'The password. Other programs of this machine can see it; prefer -.'),
        role: text('role', 'user: administrators are made by countersign administrator create.'),
      },
      takesInput: true,
    },
    list: {
      summary: 'List the users.',
      method: 'GET',
      path: '/admin/users',
      flags: { limit },
      list: '',
      columns: ['id', 'email', 'name', 'status'],
    },
    update: {
      summary: 'Change a user.',
      method: 'PATCH',
      path: '/admin/users/{id}',
      flags: { ...id('user'), email: text('email', 'The address.'), name: text('name', 'The display name.') },
      takesInput: true,
    },
    get: { summary: 'Show a user.', method: 'GET', path: '/admin/users/{id}', flags: id('user') },
    delete: {
      summary: 'Delete a user.',
      method: 'DELETE',
      path: '/admin/users/{id}',
      flags: { ...id('user'), force },
    },
    disable: {
      summary: 'Suspend a user, and revoke the tokens of the user.',
      method: 'PATCH',
      path: '/admin/users/{id}/disable',
      flags: id('user'),
    },
    enable: {
      summary: 'Let a user sign in again.',
      method: 'PATCH',
      path: '/admin/users/{id}/enable',
      flags: id('user'),
    },
    'force-logout': {
      summary: 'End the sessions of a user, and revoke the tokens of the user.',
      method: 'DELETE',
      path: '/admin/users/{id}/tokens',
      flags: id('user'),
    },
  },
  dcr: {
    get: { summary: 'Show who can register clients.', method: 'GET', path: '/admin/settings/dcr', flags: {} },
    set: {
      summary: 'Change who can register clients.',
      method: 'PATCH',
      path: '/admin/settings/dcr',
      flags: { mode: needed(text('mode', 'open, approved_redirects, admin_only or off.')) },
    },
  },
  token: {
    list: {
      summary: 'List the tokens of clients or users, the newest first.',
      method: 'GET',
      path: '/admin/tokens',
      flags: {
        user: text('user_id', 'Only tokens for this user.'),
        client: text('client_id', 'Only tokens of this client.'),
        limit,
      },
      list: 'tokens',
      columns: ['jti', 'type', 'client_id', 'user_id', 'scope', 'resource', 'status', 'expires_at'],
    },
    revoke: {
      summary: 'Revoke a token with all that was exchanged for it.',
      method: 'DELETE',
      path: '/admin/tokens/{jti}',
      flags: { jti: needed(text('jti', 'The jti of the token.')) },
    },
  },
  idp: {
    create: {
      summary: 'Trust an identity provider.',
      method: 'POST',
      path: '/admin/idps',
      flags: {
        name: needed(text('name', 'The display name.')),
        issuer: needed(text('issuer', 'Its issuer.')),
        'jwks-uri': text('jwks_uri', 'The URL of its keys. Default: that in its discovery document.'),
        audience: text('audience', 'The audience of its assertions. Default: the issuer of the realm.'),
      },
      takesInput: true,
    },
    list: {
      summary: 'List the trusted identity providers.',
      method: 'GET',
      path: '/admin/idps',
      flags: { limit },
      list: '',
      columns: ['id', 'name', 'issuer', 'enabled'],
    },
    get: { summary: 'Show a trusted identity provider.', method: 'GET', path: IDP, flags: id('provider') },
    'refresh-keys': {
      summary: 'Fetch its keys anew.',
      method: 'POST',
      path: `${IDP}/refresh-keys`,
      flags: id('provider'),
    },
    delete: { summary: 'Trust an identity provider no more.', method: 'DELETE', path: IDP, flags: id('provider') },
  },
}
