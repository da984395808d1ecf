// The migrations in their order, and how they are applied.
import { type Kysely, type Migration, Migrator } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import type { Schema } from '../schema.ts'
import { model } from './0001-model.ts'
import { groupsOrganizationsRoles } from './0002-groups-organizations-roles.ts'
import { webhooks } from './0003-webhooks.ts'
import { identityProviders } from './0004-identity-providers.ts'
import { deviceAuthorization } from './0005-device-authorization.ts'
import { mail } from './0006-mail.ts'
import { partnerAdministrators } from './0007-partner-administrators.ts'
import { userProfile } from './0008-user-profile.ts'
import { applicationLevels } from './0009-application-levels.ts'
import { agents } from './0010-agents.ts'
import { counters } from './0011-counters.ts'
import { projects } from './0012-projects.ts'
import { scim } from './0013-scim.ts'
import { countedPages } from './0016-counted-pages.ts'
import { peopleIndexes } from './0017-people-indexes.ts'
import { fewerIndexes } from './0018-fewer-indexes.ts'
import { refreshGenerations } from './0019-refresh-generations.ts'
import { realmIssuances } from './0020-realm-issuances.ts'
import { issuanceBlocks } from './0021-issuance-blocks.ts'
import { delegation } from './0022-delegation.ts'
import { uniqueSignInNames } from './0023-unique-sign-in-names.ts'
import { clientChoices } from './0024-clients.ts'
import { tokenLog } from './0025-token-log.ts'
import { agentOwners } from './0026-agent-owners.ts'
import { identityText } from './0027-identity-text.ts'
import { retention } from './0028-retention.ts'
import { clientProfiles } from './0029-client-profiles.ts'
import { userSearch } from './0030-user-search.ts'
import { customDomains } from './0031-custom-domains.ts'
import { eventSubjects } from './0032-event-subjects.ts'
import { refusals } from './0033-refusals.ts'
import { clientsByPkce } from './0034-clients-by-pkce.ts'
import { credentialsPermission } from './0035-credentials-permission.ts'
import { responseModes } from './0036-response-modes.ts'
import { clientRegistration } from './0037-client-registration.ts'
import { backChannelLogout } from './0038-back-channel-logout.ts'
import { clientUse } from './0039-client-use.ts'
import { dynamicClients } from './0040-dynamic-clients.ts'
import { pushedRequests } from './0041-pushed-requests.ts'
import { pairwiseSubjects } from './0042-pairwise-subjects.ts'
import { protectedResponses } from './0043-protected-responses.ts'
import { clientSecretJwt } from './0044-client-secret-jwt.ts'
import { authorizationDetails } from './0045-authorization-details.ts'
import { federatedCredentials } from './0046-federated-credentials.ts'
import { authenticators } from './0047-authenticators.ts'
import { mutualTls } from './0048-mutual-tls.ts'
import { passkeys } from './0049-passkeys.ts'
import { requestObjects } from './0050-request-objects.ts'
import { frontChannelLogout } from './0051-front-channel-logout.ts'
import { tokenWriters } from './0052-token-writers.ts'
import { adminLevel } from './0053-admin-level.ts'
import { linkedAccounts } from './0054-linked-accounts.ts'
import { rememberedDevices } from './0055-remembered-devices.ts'
import { backchannelAuthentication } from './0056-backchannel-authentication.ts'
import { languages } from './0057-languages.ts'
import { erasedUsers } from './0058-erased-users.ts'
import { exchangePolicies } from './0059-exchange-policies.ts'
import { mailTemplates } from './0060-mail-templates.ts'
import { agentKeys } from './0061-agent-keys.ts'
import { organizationSignIn } from './0062-organization-sign-in.ts'
import { spentAuthorizations } from './0063-spent-authorizations.ts'
import { profileAttributes } from './0064-profile-attributes.ts'
import { delegationGrants } from './0065-delegation-grants.ts'
import { brandings } from './0066-branding.ts'
import { terms } from './0067-terms.ts'
import { flows } from './0068-flows.ts'
import { trustedIssuers } from './0069-trusted-issuers.ts'
import { mailSettings } from './0070-mail-settings.ts'
import { emailDomains } from './0071-email-domains.ts'
import { signalStreams } from './0072-signal-streams.ts'
import { identityAssertions } from './0073-identity-assertions.ts'
import { groupMappings } from './0074-group-mapping.ts'
import { clientSignIn } from './0075-client-sign-in.ts'
import { smsSettings } from './0076-sms-settings.ts'
import { mappedClaims } from './0077-mapped-claims.ts'
import { broker } from './0080-broker.ts'
import { issuerPolicies } from './0090-issuer-policies.ts'
import { runtimeClients } from './0091-runtime-clients.ts'
import { frontingLinks } from './0092-fronting-links.ts'
import { clientLabels } from './0093-client-labels.ts'
import { rolePermissions } from './0095-role-permissions.ts'
import { proxy } from './0103-proxy.ts'
import { proxyHosts } from './0104-proxy-hosts.ts'
import { brokerLimits } from './0105-broker-limits.ts'
import { realmAttacks } from './0106-realm-attacks.ts'
import { organizationRoles } from './0107-organization-roles.ts'

const TIMELINE: Readonly<Record<string, (dialect: SqlDialect) => Migration>> = {
  '0001-model': model,
  '0002-groups-organizations-roles': groupsOrganizationsRoles,
  '0003-webhooks': webhooks,
  '0004-identity-providers': identityProviders,
  '0005-device-authorization': deviceAuthorization,
  '0006-mail': mail,
  '0007-partner-administrators': partnerAdministrators,
  '0008-user-profile': userProfile,
  '0009-application-levels': applicationLevels,
  '0010-agents': agents,
  '0011-counters': counters,
  '0012-projects': projects,
  '0013-scim': scim,
  '0016-counted-pages': countedPages,
  '0017-people-indexes': peopleIndexes,
  '0018-fewer-indexes': fewerIndexes,
  '0019-refresh-generations': refreshGenerations,
  '0020-realm-issuances': realmIssuances,
  '0021-issuance-blocks': issuanceBlocks,
  '0022-delegation': delegation,
  '0023-unique-sign-in-names': uniqueSignInNames,
  '0024-clients': clientChoices,
  '0025-token-log': tokenLog,
  '0026-agent-owners': agentOwners,
  '0027-identity-text': identityText,
  '0028-retention': retention,
  '0029-client-profiles': clientProfiles,
  '0030-user-search': userSearch,
  '0031-custom-domains': customDomains,
  '0032-event-subjects': eventSubjects,
  '0033-refusals': refusals,
  '0034-clients-by-pkce': clientsByPkce,
  '0035-credentials-permission': () => credentialsPermission,
  '0036-response-modes': responseModes,
  '0037-client-registration': clientRegistration,
  '0038-back-channel-logout': backChannelLogout,
  '0039-client-use': clientUse,
  '0040-dynamic-clients': dynamicClients,
  '0041-pushed-requests': pushedRequests,
  '0042-pairwise-subjects': pairwiseSubjects,
  '0043-protected-responses': protectedResponses,
  '0044-client-secret-jwt': clientSecretJwt,
  '0045-authorization-details': authorizationDetails,
  '0046-federated-credentials': federatedCredentials,
  '0047-authenticators': authenticators,
  '0048-mutual-tls': mutualTls,
  '0049-passkeys': passkeys,
  '0050-request-objects': requestObjects,
  '0051-front-channel-logout': frontChannelLogout,
  '0052-token-writers': tokenWriters,
  '0053-admin-level': adminLevel,
  '0054-linked-accounts': linkedAccounts,
  '0055-remembered-devices': rememberedDevices,
  '0056-backchannel-authentication': backchannelAuthentication,
  '0057-languages': languages,
  '0058-erased-users': erasedUsers,
  '0059-exchange-policies': exchangePolicies,
  '0060-mail-templates': mailTemplates,
  '0061-agent-keys': agentKeys,
  '0062-organization-sign-in': organizationSignIn,
  '0063-spent-authorizations': spentAuthorizations,
  '0064-profile-attributes': profileAttributes,
  '0065-delegation-grants': delegationGrants,
  '0066-branding': brandings,
  '0067-terms': terms,
  '0068-flows': flows,
  '0069-trusted-issuers': trustedIssuers,
  '0070-mail-settings': mailSettings,
  '0071-email-domains': emailDomains,
  '0072-signal-streams': signalStreams,
  '0073-identity-assertions': identityAssertions,
  '0074-group-mapping': groupMappings,
  '0075-client-sign-in': clientSignIn,
  '0076-sms-settings': smsSettings,
  '0077-mapped-claims': mappedClaims,
  '0080-broker': broker,
  '0090-issuer-policies': () => issuerPolicies,
  '0091-runtime-clients': runtimeClients,
  '0092-fronting-links': frontingLinks,
  '0093-client-labels': clientLabels,
  '0095-role-permissions': rolePermissions,
  '0103-proxy': proxy,
  '0104-proxy-hosts': proxyHosts,
  '0105-broker-limits': brokerLimits,
  '0106-realm-attacks': realmAttacks,
  '0107-organization-roles': organizationRoles,
}

/** The names of all steps, in their order. */
export const MIGRATIONS: readonly string[] = Object.keys(TIMELINE)

/**
 * Applies what a database has not seen yet, under the migrator's lock and in one transaction.
 * @param kysely a query builder over a connection of its own
 * @returns the names of what was applied
 * @throws Error, with nothing applied, where a step fails or the database was made by a newer version
 */
export async function migrateToLatest(kysely: Kysely<Schema>, dialect: SqlDialect): Promise<string[]> {
  const migrations = Object.fromEntries(Object.entries(TIMELINE).map(([name, step]) => [name, step(dialect)]))
  const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => migrations } })
  const { error, results } = await migrator.migrateToLatest()
  if (error instanceof Error && /^corrupted migrations/.test(error.message)) {
    throw new Error('The database was made by another version of this program, newer than this one. Run that version.')
  }
  if (error !== undefined) throw error
  return (results ?? []).map((result) => result.migrationName)
}
