// Owns the catalogue of attacks that tests are named after, and finds the tests of each.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One group of attacks: the id of each with what is tried. */
export interface AttackGroup {
  readonly title: string
  readonly cases: Readonly<Record<string, string>>
}

/** The groups whose every case has a test. */
export const ATTACKS: readonly AttackGroup[] = [
  {
    title: 'Redirect URIs and the delivery of responses',
    cases: {
      'RU-01': 'A redirect URI that is not registered',
      'RU-02': 'A registered URI with more path, or a path that leads elsewhere',
      'RU-03': 'A host that hides behind user information or other separators',
      'RU-04': 'A query that was added, changed or left out',
      'RU-06': 'Schemes that run code or read files',
      'RU-07': 'Loopback addresses: only the port may vary; of native applications also that of localhost',
      'RU-08': 'Wildcards in registered URIs',
      'RU-09': 'A parameter that is sent twice',
      'RU-11': 'Another redirect URI at the token endpoint than at the authorization endpoint',
      'RU-12': 'An error that redirects to the URI of a client that nobody has approved',
      'RU-13': 'A response mode that the client may not use',
      'RU-14': 'A password that travels on with a redirect',
      'RU-16': 'Addresses that leak to other sites',
      'RU-17': 'A request that is changed after it was checked',
    },
  },
  {
    title: 'Token exchange and delegation',
    cases: {
      'TX-01': 'A client that nothing allows to exchange tokens',
      'TX-02': 'More scopes than the token, the client or the resource has',
      'TX-03': 'Another audience than the token, as the admin API',
      'TX-04': 'A subject token that is revoked, expired, foreign or of another kind',
      'TX-06': 'An actor that is not named in the token',
      'TX-07': 'A bound token that becomes a bearer token',
      'TX-08': 'A lifetime that grows with each exchange',
      'TX-11': 'A resource that the person did not approve',
    },
  },
  {
    title: 'Authorization codes',
    cases: {
      'AC-01': 'A code that is used twice',
      'AC-02': 'A code that is used many times at once',
      'AC-03': 'A code of another client',
      'AC-04': 'An expired code',
      'AC-06': 'A one-time secret of one kind as one of another kind',
      'AC-07': 'A code as an access token',
      'AC-08': 'Codes that can be guessed',
      'AC-09': 'A code of one session in another one',
    },
  },
  {
    title: 'PKCE',
    cases: {
      'PK-01': 'A code without its verifier',
      'PK-02': 'A request without a challenge; a confidential client can be registered without PKCE, not under FAPI',
      'PK-03': 'A verifier for a code that was asked for without a challenge',
      'PK-04': 'The method plain',
      'PK-06': 'Verifiers that are guessed',
      'PK-07': 'Methods in another spelling, and two challenges',
    },
  },
  {
    title: 'State, nonce, issuer and parameters',
    cases: {
      'IS-01': 'A response that does not say who it is from, or says it wrongly',
      'IS-02': 'A state that comes back changed',
      'IS-03': 'A nonce that comes back changed',
      'IS-04': 'A front-channel ID token without a nonce: there is none at all',
      'IS-06': 'A silent request that shows a page or changes something',
      'IS-07': 'A hint about the user that is forged, of another realm or of somebody else',
      'IS-08': 'A weaker sign-in than the one that was asked for',
      'IS-09': 'Metadata of another realm, or of a host that the caller made up',
    },
  },
  {
    title: 'Pushed requests and request objects',
    cases: {
      'JA-01': 'An unsigned request object',
      'JA-02': 'Another algorithm than the registered one',
      'JA-03': 'A request object that another client signed',
      'JA-04': 'A request object for another server, or of another time',
      'JA-06': 'Parameters beside the request object',
      'JA-07': 'A reference that is used again, late, or by another client',
      'JA-08': 'Pushed parameters that show elsewhere',
      'JA-09': 'A plain request where requests must be pushed',
      'JA-11': 'Request objects of another client, or that are no objects',
      'JA-12': 'Other methods and content types',
    },
  },
  {
    title: 'Signed and encrypted tokens',
    cases: {
      'JW-01': 'The algorithm none, in any spelling',
      'JW-02': 'A public key as the secret of an HMAC',
      'JW-03': 'A key in the header of the token',
      'JW-04': 'An address of keys in the header of the token',
      'JW-06': 'Critical headers that are not understood',
      'JW-07': 'A token of one kind as one of another kind',
      'JW-08': 'A token of the server with another payload',
      'JW-09': 'Signatures with impossible numbers or in another encoding',
      'JW-11': 'Weak and private keys in a registration',
      'JW-12': 'Times that are missing, of another type or absurd',
      'JW-13': 'Another issuer or audience',
      'JW-14': 'Encrypted tokens that cost time or memory',
      'JW-16': 'Hashes in an ID token with an unknown algorithm',
      'JW-17': 'A token that was valid when it was last checked',
      'JW-18': 'Malformed Authorization headers',
    },
  },
  {
    title: 'DPoP',
    cases: {
      'DP-01': 'A proof that is used twice, also after a restart',
      'DP-02': 'A proof that is used many times at once',
      'DP-03': 'A proof for another method or address',
      'DP-04': 'A proof of another time',
      'DP-06': 'A proof without the hash of the access token, or with that of another',
      'DP-07': 'A bound token that is sent as a bearer token',
      'DP-08': 'A bearer token that is sent with a proof',
      'DP-09': 'A refresh token of a public client with another key',
      'DP-11': 'Nonces that are missing, old or of another realm',
      'DP-12': 'Two proofs',
      'DP-13': 'A client of bound tokens that sends no proof',
      'DP-14': 'A proxy header of somebody who is no trusted proxy',
    },
  },
  {
    title: 'Client authentication',
    cases: {
      'CA-01': 'An assertion for another server; the token endpoint is accepted as the audience, not under FAPI',
      'CA-02': 'An assertion that is used twice',
      'CA-03': 'Claims of an assertion that are missing or odd',
      'CA-04': 'A request object as an assertion',
      'CA-06': 'Two methods at once',
      'CA-07': 'Basic authentication that can be read in two ways',
      'CA-08': 'Secrets that are guessed, and a client that is locked out by it',
      'CA-09': 'Endpoints without client authentication',
      'CA-11': 'A certificate in a header of somebody who is no trusted proxy',
      'CA-12': 'A secret that was replaced',
      'CA-13': 'A grant that the client may not use',
      'CA-14': 'A client whose id is that of a user or of a client elsewhere',
    },
  },
  {
    title: 'Outgoing requests',
    cases: {
      'SS-01': 'Internal addresses in every spelling',
      'SS-02': 'A name that leads to an internal address when it is used',
      'SS-03': 'Redirects to internal addresses',
      'SS-04': 'Other schemes and ports',
      'SS-06': 'Answers that are slow, large or never end',
      'SS-07': 'What an internal host answered, in an error',
      'SS-08': 'A bad address in an update instead of the creation',
      'SS-09': 'Strangers who make the server fetch',
      'SS-11': 'A host of a logout URI that a request chose',
      'SS-12': 'Images of clients that the sign-in page loads',
    },
  },
  {
    title: 'Refresh tokens',
    cases: {
      'RT-01': 'A refresh token that was replaced',
      'RT-02': 'A refresh token that is used many times at once',
      'RT-03': 'A spent refresh token after a crash',
      'RT-04': 'A refresh token of another client',
      'RT-06': 'A family that is refreshed for ever',
      'RT-07': 'A refresh after the user, the consent or the client has changed',
      'RT-08': 'Secrets in the database',
      'RT-09': 'A revocation that leaves something alive, or that ends what is another client’s',
    },
  },
  {
    title: 'Devices',
    cases: {
      'DV-01': 'User codes that are guessed',
      'DV-02': 'A link that approves by itself',
      'DV-03': 'A code that another person already opened',
      'DV-04': 'A form of another site that approves',
      'DV-06': 'A device code of another client, and polls at once',
      'DV-07': 'Markup in a user code',
      'DV-08': 'Scopes and resources that are added after the approval',
    },
  },
  {
    title: 'Approvals over the back channel',
    cases: {
      'BC-01': 'A session from before the request, or none, that approves',
      'BC-02': 'Another person, another client, and forms of other sites',
      'BC-03': 'A person who is asked until they give in, and hints that are guessed',
      'BC-04': 'Decisions and polls at once',
      'BC-05': 'A request that outlives its client, its user, its session or its consent',
      'BC-06': 'Clients without authentication, without the grant, and that registered themselves',
    },
  },
  {
    title: 'Races, at two processes on one database',
    cases: {
      'RC-01': 'One code',
      'RC-02': 'One refresh token',
      'RC-03': 'One mailed link',
      'RC-04': 'One code of an authenticator app, one recovery code',
      'RC-05': 'One challenge of a passkey',
      'RC-07': 'One assertion',
      'RC-08': 'One DPoP proof',
      'RC-09': 'One device code',
      'RC-10': 'One invitation',
      'RC-11': 'One e-mail address',
      'RC-12': 'The last places of a tenant with a limit',
      'RC-13': 'An administrator who loses the role while acting',
      'RC-14': 'Users of a tenant that is being deleted',
      'RC-15': 'Rotations of keys',
      'RC-16': 'The link of the first administrator',
      'RC-18': 'A consent that ends while a token is issued',
      'RC-19': 'A session that ends while a token is refreshed',
    },
  },
  {
    title: 'Keys, backups and configuration',
    cases: {
      'KM-01': 'A rotation of keys that breaks a token',
      'KM-02': 'A key that is known to others',
      'KM-03': 'Private keys in the database',
      'KM-04': 'Private members in the key set',
      'KM-06': 'A disk that is full or fails',
      'KM-07': 'A clock that jumps',
      'KM-08':
        'A backup that is older than what was spent since: what came after it is worth nothing, what was before it works again',
      'KM-09': 'Missing and weak secrets at the start',
      'KM-11': 'Changes whose events cannot be written',
      'BO-01': 'The first admin key over the network',
      'BO-02': 'A setup that is done again',
      'BO-03': 'The link of the first administrator, guessed, late or used twice',
      'BO-05': 'Paths without a credential that tell of the installation',
    },
  },
  {
    title: 'MCP clients, registration and metadata documents',
    cases: {
      'MC-01': 'Registrations without limit',
      'MC-03': 'Metadata documents that are not what they should be',
      'MC-04': 'A local program under the name of a well-known client',
      'MC-05': 'A token for another resource',
      'MC-06': 'A request without scopes',
      'MC-08': 'A suspended client or agent',
      'MC-09': 'Metadata that names an address elsewhere',
    },
  },
  {
    title: 'Users and groups from a directory (SCIM)',
    cases: {
      'SC-01': 'Users and groups of another tenant',
      'SC-02': 'Values that would be more than they are',
      'SC-03': 'Who is deactivated and still signed in',
    },
  },
  {
    title: 'Mailed links and codes',
    cases: {
      'ML-01': 'A mail scanner that opens the link',
      'ML-02': 'A link that is asked for by somebody else than the owner of the address, or opened in another browser',
      'ML-03': 'A link that is used twice, or by many at once',
      'ML-04': 'A request that names another host',
      'ML-06': 'A link that would lead elsewhere',
      'ML-07': 'A link for another purpose or realm',
      'ML-08': 'A link that is not the newest, or whose account changed',
      'ML-09': 'A new password that leaves sessions, tokens or the second factor out',
      'ML-11': 'Very many mails to one address',
      'ML-12': 'Addresses and names that would be headers',
      'ML-13': 'Codes that are guessed across many mails',
    },
  },
  {
    title: 'Sign-in at identity providers',
    cases: {
      'FE-01': 'An address that the provider has not verified',
      'FE-02': 'An account that was made in advance for the address of somebody else',
      'FE-03': 'An account that is linked in the session of somebody else',
      'FE-04': 'The answer of one provider for that of another',
      'FE-06': 'The token of another organization',
      'FE-07': 'An answer that is used twice, or in another browser',
      'FE-08': 'ID tokens that are not what they should be',
      'FE-09': 'Users of domains that are not those of the provider',
      'FE-11': 'Claims that would be rights or identities',
      'FE-12': 'A provider or a user that is disabled, and a provider that fails',
      'FE-13': 'Errors of the provider in the page',
      'FE-14': 'Tokens of the provider in the database',
      'RC-17': 'A provider that is deleted while somebody is there',
    },
  },
  {
    title: 'Sign-in at SAML providers',
    cases: {
      'SA-01': 'A wrapped signature: the response inside the signature of another one',
      'SA-02': 'A wrapped signature: the response beside its signature in another one',
      'SA-03': 'A wrapped signature: an assertion before the signed one',
      'SA-04': 'A wrapped signature: an assertion around the signed one',
      'SA-05': 'A wrapped signature: in an assertion before the one that it signs',
      'SA-06': 'A wrapped signature: with the assertion that it signs inside it',
      'SA-07': 'A wrapped signature: an assertion among the extensions',
      'SA-08': 'A wrapped signature: with the assertion that it signs as its object',
      'SA-09': 'An assertion without a signature of the provider',
      'SA-10': 'Comments in what names the person, or in a digest',
      'SA-11': 'Elements that are there twice',
      'SA-13': 'Document types, entities and transforms',
      'SA-14': 'A response that is used twice, or in another browser',
      'SA-15': 'A response to another request, or to none',
      'SA-16': 'A response for another recipient, audience or provider',
      'SA-18': 'Weak algorithms',
      'SA-20': 'A relay state that leads elsewhere',
      'SA-23': 'A provider that is disabled, or whose certificate is gone',
    },
  },
]

/** Cases without a test of their own, and why. */
export const NO_TEST: Readonly<Record<string, string>> = {
  'RC-06': 'Requests of SAML are answered once: SA-14 tries it at one process, not at two.',
}

/** A test, and where it is. */
export interface NamedTest {
  readonly file: string
  readonly title: string
}

const ROOT = join(import.meta.dirname, '../..')
const ID = /\b[A-Z]{2}-\d{2}\b/g
/** A title: a text at the beginning of a test, or of a row of a table of tests. */
const TITLE =
  /(?:\btest\(|\btestWhere\(\w+, |\[|name: |title: )\s*(['"`])((?:\$\{\w+\}: )?(?:[A-Z]{2}-\d{2}\b[, ]*(?:and )?)+.*?)\1/gs
const TITLE_MAX = 200

/** The tests of the project by the ids in their titles. */
export function testsByAttack(): ReadonlyMap<string, readonly NamedTest[]> {
  const found = new Map<string, NamedTest[]>()
  for (const file of globSync(['src/**/*.test.ts', 'tools/**/*.test.ts', 'docs/**/*.test.ts'], { cwd: ROOT }).sort()) {
    for (const [, , title = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(TITLE)) {
      if (title.length > TITLE_MAX) continue
      for (const [id] of title.matchAll(ID)) found.set(id, [...(found.get(id) ?? []), { file, title }])
    }
  }
  return found
}
