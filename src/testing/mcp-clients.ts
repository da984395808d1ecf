// The registration documents of MCP clients, as these clients send them.

/** One client and its document (RFC 7591 §3.1). */
export interface RegistrationDocument {
  readonly client: string
  readonly document: { readonly redirect_uris: readonly string[] } & Readonly<Record<string, unknown>>
  /** A redirect URI that the client then uses, where it is not a registered one: another port of its machine. */
  readonly uses?: string
}

const CODE = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const PUBLIC = { ...CODE, token_endpoint_auth_method: 'none' }

export const MCP_CLIENTS: readonly RegistrationDocument[] = [
  {
    client: 'Claude',
    document: {
      ...PUBLIC,
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      grant_types: [...CODE.grant_types, 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      scope: 'mcp:read',
    },
  },
  {
    client: 'Claude Code',
    document: { ...PUBLIC, client_name: 'Claude Code (files)', redirect_uris: ['http://localhost:54212/callback'] },
    uses: 'http://localhost:61777/callback',
  },
  {
    client: 'ChatGPT',
    document: {
      ...CODE,
      client_name: 'ChatGPT',
      redirect_uris: [
        'https://chatgpt.com/connector/oauth/Zx81Kq',
        'https://chatgpt.com/connector_platform_oauth_redirect',
      ],
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      client_uri: 'https://chatgpt.com/',
    },
  },
  {
    client: 'VS Code',
    document: {
      ...PUBLIC,
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      logo_uri: 'https://code.visualstudio.com/assets/images/code-stable.png',
      grant_types: [...CODE.grant_types, 'urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      application_type: 'native',
    },
    uses: 'http://127.0.0.1:51999/',
  },
  {
    client: 'Cursor',
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
    uses: 'http://localhost:49200/callback',
  },
  {
    client: 'MCP Inspector',
    document: {
      ...PUBLIC,
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      scope: '',
    },
  },
  {
    client: 'MCP Inspector (command line)',
    document: { ...PUBLIC, client_name: 'MCP Inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'] },
    uses: 'http://127.0.0.1:50010/oauth/callback',
  },
  {
    client: 'Copilot Studio',
    document: {
      ...CODE,
      client_name: 'Copilot Studio',
      redirect_uris: ['https://global.consent.azure-apim.net/redirect/contoso-5fmcp'],
      token_endpoint_auth_method: 'client_secret_post',
      logo_uri: null,
    },
  },
  {
    client: 'opencode',
    document: {
      ...PUBLIC,
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
    },
  },
]
