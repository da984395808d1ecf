// Shows a realm to administrators, with what of its settings has no effect.
import { relyingPartyOf } from '../authenticator/relying-party.ts'
import type { Settings } from '../settings.ts'
import { DOMAIN_GRACE, issuerOf, type Realm, RealmFields, type RealmView } from './realm.ts'

/** Returns the view of a realm. */
export function viewRealm(realm: Realm, settings: Settings): RealmView {
  const issuer = issuerOf(realm, settings)
  const discoveryUrl = `${issuer}/.well-known/openid-configuration`
  return { ...RealmFields.show(realm), issuer, discoveryUrl, notices: noticesOf(realm, settings) }
}

const NO_CERTIFICATES =
  'client_certificate_authorities has no effect: no certificate arrives at this server, neither at mtls_address nor from a proxy.'
const NO_PASSKEYS = 'Passkeys have no effect: browsers have them only for a host name, over https or at localhost.'

function noticesOf(realm: Realm, settings: Settings): string[] {
  const notices: string[] = []
  const isSent = settings.sendsMail || realm.mailSender !== 'server'
  if (realm.magicLinkEnabled && !isSent) notices.push(NO_MAGIC_LINKS)
  if (realm.policy.userRegistration !== 'closed' && !isSent) notices.push(NO_MAIL)
  if (realm.policy.rememberedDeviceDays > 0 && realm.minAal > 1) notices.push(NO_REMEMBERED_DEVICES)
  if (realm.passkeyEnabled && !relyingPartyOf(issuerOf(realm, settings))) notices.push(NO_PASSKEYS)
  if (realm.policy.clientCertificateAuthorities.length > 0 && !settings.mutualTls) notices.push(NO_CERTIFICATES)
  const { registration, clientIdMetadata, clientIdMetadataHosts } = realm.policy
  if (registration.mode === 'approved_redirects' && registration.approvedRedirects.length === 0)
    notices.push(NO_APPROVALS)
  if (clientIdMetadata === 'allow_list' && clientIdMetadataHosts.length === 0) notices.push(NO_HOSTS)
  return realm.domainFailingSince === null ? notices : [...notices, failingDomain(realm.domainFailingSince)]
}

const NO_APPROVALS =
  'Nobody can register a client: registration.mode is approved_redirects, and registration.approved_redirects is empty.'
const NO_HOSTS =
  'No metadata document is accepted: client_id_metadata is allow_list, and client_id_metadata_hosts is empty.'
const NO_REMEMBERED_DEVICES =
  'No browser is remembered, whatever remembered_device_days says: min_aal demands a second factor.'
const NO_MAGIC_LINKS = 'Nobody can sign in by mail, whatever magic_link_enabled says: no mail server is configured.'
const NO_MAIL = 'Nobody can make an account, whatever user_registration says: no mail server is configured any more.'

function failingDomain(since: number): string {
  const [from, until] = [since, since + DOMAIN_GRACE].map((time) => new Date(time).toISOString())
  return `The CNAME record of the custom domain does not lead to the realm since ${from}. If this does not change, the realm loses the domain at ${until}.`
}
