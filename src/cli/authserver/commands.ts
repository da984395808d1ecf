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

/** A flag, and the member of the request that it is. */
export interface CommandFlag {
  readonly kind: FlagKind
  /** The member; the path has it in braces. */
  readonly member: string
  readonly summary: string
  readonly required?: true
}

/** A command: a request to the API. */
export interface AdminCommand {
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
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
        ...clientFlags,
        'auth-method': text('token_endpoint_auth_method', 'client_secret_post or none. Default: none.'),
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
    get: { summary: 'Show a client.', method: 'GET', path: '/admin/clients/{id}', flags: id('client') },
    update: {
      summary: 'Change a client.',
      method: 'PATCH',
      path: '/admin/clients/{id}',
      flags: { ...id('client'), ...clientFlags },
      takesInput: true,
    },
    'rotate-secret': {
      summary: 'Give a client a new secret. It is shown once.',
      method: 'POST',
      path: '/admin/clients/{id}/rotate-secret',
      flags: id('client'),
    },
    delete: {
      summary: 'Delete a client and revoke its tokens.',
      method: 'DELETE',
      path: '/admin/clients/{id}',
      flags: id('client'),
    },
  },
  resource: {
    create: {
      summary: 'Register a resource.',
      method: 'POST',
      path: '/admin/resources',
      flags: {
        ...resourceFlags,
        uri: text('uri', 'Its URI, byte for byte as its metadata has it.'),
        'backend-kind': text('backend_kind', 'mint: this server signs its tokens.'),
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
    get: { summary: 'Show a resource.', method: 'GET', path: '/admin/resources/{id}', flags: id('resource') },
    update: {
      summary: 'Change a resource.',
      method: 'PATCH',
      path: '/admin/resources/{id}',
      flags: { ...id('resource'), ...resourceFlags },
      takesInput: true,
    },
    delete: { summary: 'Delete a resource.', method: 'DELETE', path: '/admin/resources/{id}', flags: id('resource') },
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
    'revoke-consent': {
      summary: 'Revoke a consent, and the tokens that it led to.',
      method: 'DELETE',
      path: '/admin/grants/consent/{id}',
      flags: id('consent'),
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
    delete: { summary: 'Delete a user.', method: 'DELETE', path: '/admin/users/{id}', flags: id('user') },
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
}
