// Checks the pairs of an operation and a permission that is not its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyOperation } from './golden/operations.ts'
import { membersOf, permissionPairs, REASONS, reasonFor, SWITCHES } from './golden/permission-pairs.ts'

const operations = await everyOperation()
const pairs = permissionPairs(operations)

test('whatever an operation touches of another permission needs it, or a reason says why not', () => {
  assert.ok(pairs.length > 100, `${pairs.length} pairs`)
  const open = pairs.filter(({ needs, reason }) => needs === undefined && reason === undefined)
  assert.deepEqual(
    open.map(({ operation, permission, touches }) => [operation, permission, touches]),
    [],
  )
})

test('every input that is true or false is known to open something that a permission guards, or nothing', () => {
  const switches = new Set<string>()
  for (const { permission, input } of operations) {
    if (!permission.endsWith(':write')) continue
    for (const { name, isSwitch } of membersOf(input)) if (isSwitch) switches.add(name)
  }
  assert.deepEqual([...switches].toSorted(), Object.keys(SWITCHES).toSorted())
  for (const name of ['client.create', 'client.update']) {
    const needed = pairs.filter(({ operation, needs }) => operation === name && needs !== undefined)
    for (const permission of ['issuances:read', 'grants:write']) {
      assert.ok(
        needed.some((pair) => pair.permission === permission && pair.touches.length > 0),
        `${name} ${permission}`,
      )
    }
  }
})

test('every reason is about a pair', () => {
  const used = new Set(pairs.map(({ operation, permission }) => reasonFor(operation, permission)))
  assert.deepEqual(
    REASONS.filter((reason) => !used.has(reason)).map(({ operations: names }) => names),
    [],
  )
})

test('what makes a credential asks a person for a fresh sign-in', () => {
  const made = operations.filter(({ makesCredentials }) => makesCredentials)
  assert.ok(made.length >= 10)
  assert.deepEqual(
    made.filter(({ freshSignIn }) => !freshSignIn).map(({ name }) => name),
    [],
  )
})

/** Operations that show a secret or a link which is no credential for this server, with the reason. */
const NO_CREDENTIAL: Readonly<Record<string, string>> = {
  'realm_branding.preview': 'The link shows a made-up page with a draft, and opens nothing.',
  'flow.create': 'The secret proves to a receiver that a request is from here.',
  'flow.rotate_secret': 'The secret proves to a receiver that a request is from here.',
  'webhook.create': 'The secret proves to a receiver that a delivery is from here.',
  'webhook.rotate_secret': 'The secret proves to a receiver that a delivery is from here.',
  'invitation.create':
    'A link that makes an account needs users:write, and credentials:write or a fresh sign-in; another one makes only a member.',
  'invitation.resend': 'As invitation.create.',
}

/** Addresses that are shown and open nothing for whoever knows them. */
const PLAIN_ADDRESSES = new Set([
  ...[
    'jwksUri',
    'sectorIdentifierUri',
    'tlsClientAuthSanUri',
    'tokenEndpoint',
    'adminApiUrl',
    'redirectUris',
    'postLogoutRedirectUris',
    'backchannelLogoutUri',
    'frontchannelLogoutUri',
    'sectorIdentifierUri',
    'clientUri',
    'logoUri',
    'policyUri',
    'tosUri',
  ],
  ...[
    'termsUrl',
    'privacyUrl',
    'logoUrl',
    'profileUrl',
    'discoveryUrl',
    'ssoUrl',
    'sloUrl',
    'callbackUrl',
    'metadataUrl',
    'startUrl',
    'ldapUrl',
    'publicUrl',
    'healthUrl',
    'authorizeUrl',
    'tokenUrl',
    'revokeUrl',
    'accountsUrl',
    'apiUrl',
    'issuanceInstructionsUrl',
    'iconUrl',
    'returnUrls',
    'proxyUrl',
  ],
  ...[
    'webhook.create url',
    'branding.upload url',
    'realm_branding.upload url',
    'webhook.get url',
    'webhook.list url',
    'webhook.update url',
    'webhook.rotate_secret url',
    'resource.metadata url',
    ...['httpUrl', 'verifyRedirectUrl', 'resetRedirectUrl', 'magicLinkRedirectUrl', 'inviteRedirectUrl'].flatMap(
      (url) => [`mail_settings.get ${url}`, `mail_settings.update ${url}`],
    ),
    ...['get', 'update'].map((verb) => `sms_settings.${verb} url`),
    ...['create', 'get', 'list', 'update'].map((verb) => `realm.${verb} url`),
  ],
])

const secretsOf = ({ name, output }: (typeof operations)[number]) =>
  membersOf(output, 'output')
    .map((member) => member.name)
    .filter((member) => {
      // `hasHttpSecret` says only whether there is one.
      if (/^has[A-Z]/.test(member)) return false
      if (/secret$|^generatedPassword$|^key$/i.test(member)) return true
      return (
        /ur[il]s?$|link$/i.test(member) && !PLAIN_ADDRESSES.has(member) && !PLAIN_ADDRESSES.has(`${name} ${member}`)
      )
    })

test('what shows a secret or a link once makes a credential, or a reason says why it is none', () => {
  const shown = operations.filter((operation) => secretsOf(operation).length > 0)
  for (const name of ['administrator.renew_link', 'user.reset_password', 'api_key.create', 'project_key.create']) {
    assert.ok(
      shown.some((operation) => operation.name === name),
      name,
    )
  }
  assert.deepEqual(
    shown.filter(({ makesCredentials }) => !makesCredentials).map(({ name }) => name),
    Object.keys(NO_CREDENTIAL).toSorted(),
  )
})
