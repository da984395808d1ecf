// Checks sign-ins with the password of an LDAP directory, over http and with OpenLDAP.
import assert from 'node:assert/strict'
import { isSignedIn } from '#testing/external-visit.ts'
import { testWith } from '#testing/real-parts.ts'
import { makeClient, makePerson, proofKey, requestUrl, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { DIRECTORY, startDirectory, type TestDirectory } from '#testing/slapd.ts'
import { UserAgent } from '#testing/user-agent.ts'

const PROVIDERS = '/v1/realms/default/identity-providers'
const { bindPassword, ...account } = DIRECTORY
const PEOPLE = [
  { uid: 'ada', mail: 'ada@acme.example', password: 'the password of Ada' },
  { uid: 'bob', mail: 'bob@elsewhere.example', password: 'the password of Bob' },
  { uid: 'star*', mail: 'star@acme.example', password: 'the password of Star' },
]

async function signIn(server: TestServer, client: TestClient, email: string, password: string) {
  const agent = new UserAgent(server.url)
  const page = await agent.follow(await agent.request(requestUrl(server, client, {}, proofKey().challenge)))
  const end = await agent.submit(page, { email, password })
  return { agent, end, isIn: isSignedIn(agent) }
}

async function withDirectory(run: (server: TestServer, directory: TestDirectory) => Promise<void>): Promise<void> {
  const directory = await startDirectory(PEOPLE)
  const listed = [directory.url, directory.tlsUrl, 'ldap://localhost:9'].join(',')
  const server = await startServer({
    // So that `ldap` has to switch to TLS here, too.
    env: {
      COUNTERSIGN_LDAP_SERVERS: listed,
      COUNTERSIGN_NETWORK_ALLOW_LOOPBACK: 'false',
      COUNTERSIGN_SIGN_IN_ACCOUNT_LIMIT: '5',
    },
  })
  try {
    await run(server, directory)
  } finally {
    await server.stop()
    await directory.close()
  }
}

testWith(['slapd', 'ldap-utils'], 'people sign in with the password of a directory, which keeps it', () =>
  withDirectory(async (server, { tlsUrl, url, authority, modify }) => {
    const client = await makeClient(server)
    const made = await server.api<{ id: string; callback_url: null }>('POST', PROVIDERS, {
      ...{
        provider_type: 'ldap',
        name: 'Acme',
        ldap_url: tlsUrl,
        ca_certificate: authority,
        domains: ['acme.example'],
        trust_domains: true,
      },
      ...{ bind_dn: account.bindDn, base_dn: account.baseDn, client_secret: bindPassword },
    })
    assert.doesNotMatch(JSON.stringify(made), new RegExp(bindPassword))
    const { agent } = await signIn(server, client, 'ada@acme.example', 'the password of Ada')
    const page = await agent.request(`${server.url}/account/password`)
    assert.match(page.text, /Change it there/)
    assert.doesNotMatch(page.text, /name="password"/, 'there is no form that would be refused')
    const own = await makePerson(server, 'dee@acme.example')
    const { agent: dee } = await signIn(server, client, own.email, own.password)
    const accounts = await dee.request(`${server.url}/account/linked-accounts`)
    assert.deepEqual([accounts.status, accounts.text.includes('value="link"')], [200, false], 'nothing to link here')
    const attempt = async (email: string, password: string) => (await signIn(server, client, email, password)).isIn
    assert.equal(await attempt('ada@acme.example', 'wrong'), false)
    assert.equal(await attempt('ada@acme.example', 'the password of Ada'), true)
    const { data } = await server.api<{ data: Record<string, unknown>[] }>('GET', '/v1/realms/default/users?search=ada')
    assert.deepEqual(
      data.map(({ email, email_verified: isVerified, name }) => [email, isVerified, name]),
      [['ada@acme.example', true, 'ada of Acme']],
    )
    assert.equal(await attempt('bob@elsewhere.example', 'the password of Bob'), false, 'not of its domains')
    await server.api('PATCH', `${PROVIDERS}/${made.id}`, { domains: [] })
    assert.equal(await attempt('*', 'the password of Ada'), false, 'a pattern finds nobody')
    assert.equal(await attempt('ada)(uid=*', 'the password of Ada'), false)
    assert.equal(await attempt('ada', 'the password of Ada'), true, 'by the uid')
    const strength = (length: number) => [{ type: 'require_password_strength', config: { min_length: length } }]
    const flow = { name: 'Strong', trigger: 'login', mode: 'enabled', steps: strength(60) }
    const { id: flowId } = await server.api<{ id: string }>('POST', '/v1/realms/default/flows', flow)
    assert.equal(await attempt('ada', 'the password of Ada'), false, 'a flow measures the password of a directory')
    await server.api('PATCH', `/v1/realms/default/flows/${flowId}`, { steps: strength(12) })
    assert.equal(await attempt('ada', 'the password of Ada'), true)
    await server.api('DELETE', `/v1/realms/default/flows/${flowId}`)
    await makePerson(server, 'cy@acme.example')
    const userId = String(data[0]?.id)
    const reset = await server.call('POST', `/v1/realms/default/users/${userId}/send-password-reset`)
    assert.ok(reset.status >= 400, 'no second password')
    for (const change of [
      { ldap_url: url, ca_certificate: authority },
      { ldap_url: tlsUrl, ca_certificate: authority },
    ]) {
      await server.api('PATCH', `${PROVIDERS}/${made.id}`, change)
      assert.equal(await attempt('ada', 'the password of Ada'), true, change.ldap_url)
    }
    await server.api('PATCH', `${PROVIDERS}/${made.id}`, { ca_certificate: null })
    const untrusted = await signIn(server, client, 'ada', 'the password of Ada')
    assert.deepEqual([untrusted.isIn, untrusted.end.status], [false, 502])
    assert.doesNotMatch(server.output(), /the password of/)
    await server.api('PATCH', `${PROVIDERS}/${made.id}`, { ca_certificate: authority })
    modify(`dn: uid=ada,${account.baseDn}\nchangetype: modify\nreplace: userPassword\nuserPassword: another\n`)
    assert.equal(await attempt('ada', 'the password of Ada'), false, 'changed in the directory')
    modify(`dn: uid=ada,${account.baseDn}\nchangetype: modify\nreplace: mail\nmail: ada@new.example\n`)
    assert.equal(await attempt('ada', 'another'), true, 'the entry stays the same person')
    const group = await server.api<{ id: string }>('POST', '/v1/realms/default/groups', { name: 'Engineers' })
    const rule = { claim: 'employeetype', match: 'prefix', value: 'CN=Engineers,', group_id: group.id }
    await server.api('PATCH', `${PROVIDERS}/${made.id}`, { group_mapping: [rule] })
    const entry = `dn: uid=ada,${account.baseDn}\nchangetype: modify\n`
    const isMember = async () =>
      (await server.api<{ data: unknown[] }>('GET', `/v1/realms/default/users/${userId}/groups`)).data.length === 1
    modify(`${entry}add: employeeType\nemployeeType: cn=pilots,dc=acme\nemployeeType: cn=engineers,dc=acme\n`)
    assert.deepEqual([await attempt('ada', 'another'), await isMember()], [true, true], 'in another case')
    modify(`${entry}delete: employeeType\n`)
    assert.deepEqual([await attempt('ada', 'another'), await isMember()], [true, false])
    await server.api('PATCH', `${PROVIDERS}/${made.id}`, { ldap_url: 'ldap://localhost:9' })
    const away = await signIn(server, client, 'ada', 'another')
    assert.deepEqual([away.isIn, away.end.status], [false, 502], 'the directory is down')
    assert.match(away.end.text, /The service that knows your password does not answer/)
    await server.api('PATCH', `${PROVIDERS}/${made.id}`, { ldap_url: tlsUrl, ca_certificate: authority })
    for (const name of ['ada', 'ada@new.example']) for (let tried = 0; tried < 3; tried++) await attempt(name, 'wrong')
    assert.equal(await attempt('ada@new.example', 'another'), false, 'all names of an entry have one budget')
    const unlisted = { body: { ldap_url: 'ldap://localhost:10' } }
    assert.equal((await server.call('PATCH', `${PROVIDERS}/${made.id}`, unlisted)).status, 400)
  }),
)
