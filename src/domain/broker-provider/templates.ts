// The table of templates for well-known providers of APIs: their endpoints, usual scopes, and where they leave OAuth 2.0.

/** What a new provider has where its administrator does not say. */
export interface Template {
  readonly name: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly revokeUrl?: string
  /** Asked after a connection which accounts it reaches. */
  readonly accountsUrl?: string
  readonly apiUrl?: string
  readonly scopes: readonly string[]
  readonly tokenEndpointAuthMethod?: 'client_secret_basic'
  readonly responseFormat?: 'slack'
  readonly extraAuthParams?: Readonly<Record<string, string>>
}

export const TEMPLATE_NAMES = [
  'github',
  'gitlab',
  'google_calendar',
  'google_drive',
  'google_gmail',
  'jira',
  'linear',
  'microsoft',
  'notion',
  'slack',
] as const
export type TemplateName = (typeof TEMPLATE_NAMES)[number]

// Google gives a refresh token only with both parameters.
const GOOGLE = {
  authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
  tokenUrl: 'https://oauth2.googleapis.com/token',
  revokeUrl: 'https://oauth2.googleapis.com/revoke',
  extraAuthParams: { access_type: 'offline', prompt: 'consent' },
}
const MICROSOFT = 'https://login.microsoftonline.com/common/oauth2/v2.0'

/** Every template. */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  // Tokens of OAuth apps do not expire; those of GitHub apps do, and can be refreshed.
  github: {
    name: 'GitHub',
    authorizeUrl: 'https://github.com/login/oauth/authorize',
    tokenUrl: 'https://github.com/login/oauth/access_token',
    apiUrl: 'https://api.github.com',
    scopes: ['repo', 'read:user', 'user:email'],
  },
  gitlab: {
    name: 'GitLab',
    authorizeUrl: 'https://gitlab.com/oauth/authorize',
    tokenUrl: 'https://gitlab.com/oauth/token',
    revokeUrl: 'https://gitlab.com/oauth/revoke',
    apiUrl: 'https://gitlab.com/api/v4',
    scopes: ['read_user', 'read_api'],
  },
  google_calendar: {
    ...GOOGLE,
    name: 'Google Calendar',
    apiUrl: 'https://www.googleapis.com/calendar/v3',
    scopes: ['openid', 'email', 'https://www.googleapis.com/auth/calendar'],
  },
  google_drive: {
    ...GOOGLE,
    name: 'Google Drive',
    apiUrl: 'https://www.googleapis.com/drive/v3',
    scopes: ['openid', 'email', 'https://www.googleapis.com/auth/drive'],
  },
  google_gmail: {
    ...GOOGLE,
    name: 'Gmail',
    apiUrl: 'https://gmail.googleapis.com/gmail/v1',
    scopes: [
      'openid',
      'email',
      'https://www.googleapis.com/auth/gmail.readonly',
      'https://www.googleapis.com/auth/gmail.send',
    ],
  },
  jira: {
    name: 'Atlassian Jira',
    authorizeUrl: 'https://auth.atlassian.com/authorize',
    tokenUrl: 'https://auth.atlassian.com/oauth/token',
    accountsUrl: 'https://api.atlassian.com/oauth/token/accessible-resources',
    apiUrl: 'https://api.atlassian.com',
    scopes: ['read:jira-work', 'write:jira-work', 'offline_access'],
    extraAuthParams: { audience: 'api.atlassian.com', prompt: 'consent' },
  },
  linear: {
    name: 'Linear',
    authorizeUrl: 'https://linear.app/oauth/authorize',
    tokenUrl: 'https://api.linear.app/oauth/token',
    revokeUrl: 'https://api.linear.app/oauth/revoke',
    apiUrl: 'https://api.linear.app',
    scopes: ['read', 'write'],
    extraAuthParams: { prompt: 'consent' },
  },
  microsoft: {
    name: 'Microsoft',
    authorizeUrl: `${MICROSOFT}/authorize`,
    tokenUrl: `${MICROSOFT}/token`,
    apiUrl: 'https://graph.microsoft.com/v1.0',
    scopes: ['offline_access', 'User.Read', 'Mail.Read'],
    extraAuthParams: { prompt: 'select_account' },
  },
  // What it gives access to is chosen on its own page.
  notion: {
    name: 'Notion',
    authorizeUrl: 'https://api.notion.com/v1/oauth/authorize',
    tokenUrl: 'https://api.notion.com/v1/oauth/token',
    revokeUrl: 'https://api.notion.com/v1/oauth/revoke',
    apiUrl: 'https://api.notion.com/v1',
    scopes: [],
    tokenEndpointAuthMethod: 'client_secret_basic',
    extraAuthParams: { owner: 'user' },
  },
  slack: {
    name: 'Slack',
    authorizeUrl: 'https://slack.com/oauth/v2/authorize',
    tokenUrl: 'https://slack.com/api/oauth.v2.access',
    revokeUrl: 'https://slack.com/api/auth.revoke',
    apiUrl: 'https://slack.com/api',
    scopes: ['chat:write', 'channels:read', 'users:read'],
    responseFormat: 'slack',
  },
}
