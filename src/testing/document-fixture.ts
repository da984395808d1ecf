// Owns a realm that accepts metadata documents as clients, a host that publishes them, and the people who use them.
import assert from 'node:assert/strict'

import { clientList } from '#domain/client/client.operations.ts'
import type { ClientView } from '#domain/client/client.ts'
import { updateRealm } from '#domain/realm/realm.service.ts'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import { createNetwork } from '#outside/network.ts'
import { assertionFields, type ClientKey, signAssertion } from './assertion.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
  REDIRECT_URI,
  VERIFIER,
} from './authorization-fixture.ts'
import { TEST_CERTIFICATE } from './certificate.ts'
import type { DialectName } from './databases.ts'
import { type DnsServer, startDns } from './dns.ts'
import { type DocumentHost, startDocumentHost } from './document-host.ts'
import { callOperation } from './domain-fixtures.ts'
import { FormBrowser, type PageResponse } from './form-browser.ts'
import { type Answer, postForm } from './token-client.ts'

const ISSUER = 'https://id.example.com'

type Changes = Record<string, string | null>

/** Opens a fixture with the policy `any_https`. */
export async function openDocumentFixture(database: DialectName = 'sqlite'): Promise<DocumentFixture> {
  const host = await startDocumentHost()
  const dns = await startDns({})
  let fixture: AuthorizationFixture | undefined
  const network = createNetwork({
    allowLoopback: true,
    authorities: TEST_CERTIFICATE.cert,
    dnsServers: [dns.address],
    timeout: 2000,
    clock: { now: () => fixture?.services.clock.now() ?? 0 },
  })
  fixture = await openAuthorizationFixture({ database, network })
  const opened = new DocumentFixture(fixture, host, dns)
  await opened.setPolicy({ clientIdMetadata: 'any_https' })
  return opened
}

/** A realm, a host of documents and a DNS server. */
export class DocumentFixture {
  readonly fixture: AuthorizationFixture
  readonly host: DocumentHost
  readonly dns: DnsServer
  #count = 0

  constructor(fixture: AuthorizationFixture, host: DocumentHost, dns: DnsServer) {
    this.fixture = fixture
    this.host = host
    this.dns = dns
  }

  get clock() {
    return this.fixture.services.clock
  }

  async close(): Promise<void> {
    await this.fixture.close()
    await this.host[Symbol.asyncDispose]()
    await this.dns[Symbol.asyncDispose]()
  }

  async setPolicy(policy: Partial<RealmPolicy>): Promise<void> {
    await updateRealm(this.fixture.services.contextFor(), { policy })
  }

  /** Lets the budgets of a network and of a host begin anew, and accepts every document. */
  async reset(): Promise<void> {
    await this.setPolicy({ clientIdMetadata: 'any_https', clientIdMetadataHosts: [] })
    this.clock.advance(300_000)
  }

  /** A path that nothing is published at. */
  path(): string {
    return `/clients/${++this.#count}.json`
  }

  /** Publishes a client at a path of its own. @returns its client id */
  publish(metadata: Record<string, unknown> = {}, headers: Record<string, string> = {}): string {
    return this.host.client(this.path(), metadata, headers)
  }

  /** How often a document was asked for. */
  askedFor(clientId: string): number {
    return this.host.asked.filter((path) => `${this.host.origin}${path}` === clientId).length
  }

  /** A browser at the realm as it is now. */
  async browse(ip = '192.0.2.1'): Promise<FormBrowser> {
    const found = await this.fixture.services.registry.realmByIssuerId('default')
    if (!found) throw new Error('the realm is gone')
    return new FormBrowser(this.fixture.services, found.realm, { ip })
  }

  /** What the authorization endpoint answers to a client. */
  async ask(clientId: string, changes: Changes = {}, ip?: string): Promise<PageResponse> {
    const request = this.fixture.request({ client_id: clientId, ...changes })
    return (await this.browse(ip)).get('/oauth/authorize', request)
  }

  /** The page that a signed-in person sees. */
  async consentPage(browser: FormBrowser, clientId: string, email = 'ada@example.com'): Promise<PageResponse> {
    const request = this.fixture.request({ client_id: clientId })
    const signIn = await browser.follow(await browser.get('/oauth/authorize', request))
    return browser.submit(signIn, { email, password: PASSWORD })
  }

  /** The code that a person gives a client. */
  async codeFor(clientId: string, changes: Changes = {}): Promise<string> {
    const request = this.fixture.request({ client_id: clientId, ...changes })
    const visit = await authorizeInBrowser(await this.browse(), request)
    const { code } = visit.location?.startsWith('/') === false ? answerOf(visit) : {}
    if (code === undefined) throw new Error(`no code came back: ${visit.status} ${visit.location} ${visit.text}`)
    return code
  }

  /** Exchanges a code. */
  redeem(clientId: string, code: string, more: Record<string, string> = {}): Promise<Answer> {
    return postForm(this.fixture, '/oauth/token', {
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
      ...more,
    })
  }

  /** Exchanges a refresh token. */
  refresh(clientId: string, token: unknown, more: Record<string, string> = {}): Promise<Answer> {
    const fields = { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token), ...more }
    return postForm(this.fixture, '/oauth/token', fields)
  }

  /** The fields of an assertion of a client. */
  async sign(key: ClientKey, clientId: string): Promise<Record<string, string>> {
    return assertionFields(await signAssertion(key, { clientId, issuer: ISSUER, now: this.clock.now() }))
  }

  /** The clients of metadata documents that are in the list of clients. */
  async rows(): Promise<ClientView[]> {
    const { data } = await callOperation(clientList, this.fixture.services.contextFor(), { limit: 200 })
    return data.filter(({ registeredBy }) => registeredBy === 'metadata_document')
  }

  async row(clientId: string): Promise<ClientView | undefined> {
    return (await this.rows()).find((client) => client.clientId === clientId)
  }
}

/** Asserts that a request ended at an error page. */
export function assertPage({ status, error, location }: PageResponse, code: string, told?: unknown): void {
  assert.deepEqual([error, location], [code, undefined], `for ${JSON.stringify(told)}`)
  assert.ok(status >= 400 && status < 600)
}
