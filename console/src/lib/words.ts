// Owns how names of the API are written for people: members, nouns, enum values and events.

const WORDS: Readonly<Record<string, string>> = {
  id: 'ID',
  ids: 'IDs',
  uri: 'URI',
  uris: 'URIs',
  url: 'URL',
  urls: 'URLs',
  jwks: 'JWKS',
  jwt: 'JWT',
  mfa: 'MFA',
  aal: 'AAL',
  api: 'API',
  apis: 'APIs',
  ip: 'IP',
  idp: 'IdP',
  idps: 'IdPs',
  dpop: 'DPoP',
  pkce: 'PKCE',
  scim: 'SCIM',
  saml: 'SAML',
  oidc: 'OIDC',
  oauth: 'OAuth',
  ciba: 'CIBA',
  tls: 'TLS',
  acr: 'ACR',
  amr: 'AMR',
  dns: 'DNS',
  smtp: 'SMTP',
  html: 'HTML',
  json: 'JSON',
  par: 'PAR',
  totp: 'TOTP',
  css: 'CSS',
  kid: 'Key ID',
  alg: 'Algorithm',
  crl: 'CRL',
  x5c: 'x5c',
  email: 'E-mail',
  emails: 'E-mails',
}

const WHOLE: Readonly<Record<string, string>> = {
  created_at: 'Created',
  updated_at: 'Changed',
  occurred_at: 'When',
  last_sign_in_at: 'Last sign-in',
  last_used_at: 'Last used',
  last_seen_at: 'Last seen',
  expires_at: 'Expires',
  issued_at: 'Issued',
  ended_at: 'Ended',
  revoked_at: 'Revoked',
  client_id: 'Client ID',
  user_id: 'User',
  seq: 'No.',
}

/** A member or noun in words: `redirect_uris` is “Redirect URIs”. */
export function title(name: string): string {
  const known = WHOLE[name]
  if (known) return known
  const parts = name
    .replace(/_at$/, '')
    .split(/[_\-.\s]+/)
    .filter(Boolean)
  const words = parts.map((part, index) => {
    const word = WORDS[part.toLowerCase()]
    if (word) return index > 0 && word === 'E-mail' ? 'e-mail' : word
    return index === 0 ? part.charAt(0).toUpperCase() + part.slice(1) : part
  })
  return words.join(' ')
}

/** A noun in lower case for sentences: `identity_provider` is “identity provider”. */
export function inSentence(name: string): string {
  const text = title(name)
  return /^[A-Z][a-z]/.test(text) || text.startsWith('E-mail') ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

/** A value of an enumeration in words; what is no word stays as it is. */
export function valueTitle(value: unknown): string {
  const text = String(value)
  return /^[a-z][a-z0-9_]*$/.test(text) && text.length > 3 ? title(text) : text
}
