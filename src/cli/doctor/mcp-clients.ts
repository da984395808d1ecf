// What MCP clients send to an authorization server, and what they need of it: one row for each client. The doctor plays them.

/** How a client gets a client id, without an administrator. */
export type Way = 'metadata_document' | 'dynamic'

/** One client. */
export interface McpClient {
  readonly client: string
  /** The ways that it tries, in its order. */
  readonly ways: readonly Way[]
  /** The metadata document at its client id, without `client_id`. */
  readonly metadata?: ClientDocument
  /** Its client id; undefined if it differs from one connection to the next. */
  readonly clientId?: string
  /** Its registration document (RFC 7591 §3.1). */
  readonly document: ClientDocument
  /** A redirect URI that it then uses, where it is not a registered one: another port of its machine. */
  readonly uses?: string
  /** Whether its requests come from pages in a browser, so that CORS decides. */
  readonly inBrowser?: boolean
  /** Whether it uses a metadata document only if the realm also accepts clients that do not authenticate. */
  readonly needsNone?: boolean
  /** The only metadata address of the issuer that it reads, if it does not try all. */
  readonly readsOnly?: 'oauth-authorization-server'
  /** What is special about it, in sentences. */
  readonly quirks: readonly string[]
}

/** A document with which a client describes itself. */
export type ClientDocument = { readonly redirect_uris: readonly string[] } & Readonly<Record<string, unknown>>

const CODE = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const PUBLIC = { ...CODE, token_endpoint_auth_method: 'none' }
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

const CLAUDE = {
  ...PUBLIC,
  client_name: 'Claude',
  redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
  grant_types: [...CODE.grant_types, JWT_BEARER],
}
const CHATGPT = {
  ...CODE,
  client_name: 'ChatGPT',
  redirect_uris: [
    'https://chatgpt.com/connector/oauth/Zx81Kq',
    'https://chatgpt.com/connector_platform_oauth_redirect',
  ],
  token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
  client_uri: 'https://chatgpt.com/',
}
const VS_CODE = {
  ...PUBLIC,
  client_name: 'Visual Studio Code',
  client_uri: 'https://code.visualstudio.com',
  logo_uri: 'https://code.visualstudio.com/assets/images/code-stable.png',
  grant_types: [...CODE.grant_types, DEVICE_CODE],
  redirect_uris: [
    'https://insiders.vscode.dev/redirect',
    'https://vscode.dev/redirect',
    'http://127.0.0.1/',
    'http://127.0.0.1:33418/',
  ],
  application_type: 'native',
}

export const MCP_CLIENTS: readonly McpClient[] = [
  {
    client: 'Claude',
    ways: ['metadata_document', 'dynamic'],
    clientId: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    metadata: CLAUDE,
    document: { ...CLAUDE, scope: 'mcp:read' },
    needsNone: true,
    quirks: [
      'Its document lists the grant jwt-bearer, although it does not authenticate.',
      'It refreshes tokens from several addresses at once.',
    ],
  },
  {
    client: 'Claude Code',
    ways: ['metadata_document', 'dynamic'],
    clientId: 'https://claude.ai/oauth/claude-code-client-metadata',
    metadata: {
      ...PUBLIC,
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    },
    document: { ...PUBLIC, client_name: 'Claude Code (files)', redirect_uris: ['http://localhost:54212/callback'] },
    uses: 'http://localhost:61777/callback',
    needsNone: true,
    quirks: [
      'It uses any port of the name localhost.',
      'Some versions drop the path of an issuer. A realm with a host name of its own avoids this.',
      'Its processes refresh one token in parallel.',
    ],
  },
  {
    client: 'ChatGPT',
    ways: ['metadata_document', 'dynamic'],
    metadata: CHATGPT,
    document: CHATGPT,
    readsOnly: 'oauth-authorization-server',
    quirks: [
      'Each connection has its own client id below https://chatgpt.com/oauth/.',
      'Its document says by OpenID Connect RP Metadata Choices how it can authenticate.',
      'Whether documents are accepted, it reads only from the document of RFC 8414.',
    ],
  },
  {
    client: 'Codex',
    ways: ['metadata_document', 'dynamic'],
    clientId: 'https://chatgpt.com/oauth/codex/client.json',
    metadata: {
      ...PUBLIC,
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    },
    document: { ...PUBLIC, client_name: 'Codex', redirect_uris: ['http://127.0.0.1:49152/callback'] },
    uses: 'http://127.0.0.1:50801/callback',
    needsNone: true,
    quirks: ['It goes on using earlier refresh tokens.'],
  },
  {
    client: 'VS Code',
    ways: ['metadata_document', 'dynamic'],
    clientId: 'https://vscode.dev/oauth/client-metadata.json',
    metadata: VS_CODE,
    document: VS_CODE,
    uses: 'http://127.0.0.1:51999/',
    quirks: [
      'It registers fixed ports, and then uses any port.',
      'Its logo is on another host than its client id.',
      'It lists the grant device_code.',
    ],
  },
  {
    client: 'Cursor',
    ways: ['dynamic'],
    document: {
      ...PUBLIC,
      client_name: 'Cursor',
      application_type: 'web',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
    },
    uses: 'cursor://anysphere.cursor-mcp/oauth/callback',
    quirks: [
      'It registers a scheme without a dot, an https URI and a loopback URI at once.',
      'It says that it is a web application.',
    ],
  },
  {
    client: 'MCP Inspector',
    ways: ['dynamic'],
    document: {
      ...PUBLIC,
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      scope: '',
    },
    inBrowser: true,
    quirks: ['It is a page in a browser, so the responses need CORS headers.', 'It sends an empty scope.'],
  },
  {
    client: 'MCP Inspector (CLI)',
    ways: ['dynamic'],
    document: { ...PUBLIC, client_name: 'MCP Inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'] },
    uses: 'http://127.0.0.1:50010/oauth/callback',
    quirks: ['It refreshes its token at each start.'],
  },
  {
    client: 'Copilot Studio',
    ways: ['dynamic'],
    document: {
      ...CODE,
      client_name: 'Copilot Studio',
      redirect_uris: ['https://global.consent.azure-apim.net/redirect/contoso-5fmcp'],
      token_endpoint_auth_method: 'client_secret_post',
      logo_uri: null,
    },
    quirks: ['It gets a secret, and sends it in the form.', 'It sends null for a logo that it does not have.'],
  },
  {
    client: 'opencode',
    ways: ['metadata_document', 'dynamic'],
    clientId: 'https://opencode.ai/oauth/opencode/client.json',
    metadata: {
      ...PUBLIC,
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1/mcp/oauth/callback'],
    },
    document: {
      ...PUBLIC,
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
    },
    uses: 'http://127.0.0.1:19876/mcp/oauth/callback',
    needsNone: true,
    quirks: ['It uses a metadata document only if clients that do not authenticate are accepted.'],
  },
]
