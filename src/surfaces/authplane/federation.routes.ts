// The rows for trusted identity providers, what their assertions allow, and whom their subjects are.
import * as mappings from '#domain/subject-mapping/subject-mapping.operations.ts'
import { SubjectMappingView } from '#domain/subject-mapping/subject-mapping.ts'
import * as policies from '#domain/trusted-issuer/issuer-policy.operations.ts'
import * as issuers from '#domain/trusted-issuer/trusted-issuer.operations.ts'
import { IssuerPolicyView, IssuerTrustView } from '#domain/trusted-issuer/trusted-issuer.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, output, representation, row } from './dialect.ts'

const idp = representation(IssuerTrustView, {
  pick: ['id', 'name', 'issuer', 'jwksUri', 'audience', 'enabled', 'subjectSource', 'createdAt', 'updatedAt'],
  names: { subjectSource: 'subject_mode' },
})
const policy = representation(IssuerPolicyView, {
  pick: ['id', 'name', 'trustedIssuerId', 'clients', 'scopes', 'resources', 'enabled'],
  names: { trustedIssuerId: 'idp_id', clients: 'client_ids' },
})
const mapping = representation(SubjectMappingView, {
  pick: ['id', 'trustedIssuerId', 'subject', 'userId', 'createdAt'],
  names: { trustedIssuerId: 'idp_id', subject: 'idp_subject', userId: 'local_user_id' },
})
const refreshed = output(issuers.trustedIssuerRefreshKeys)
const clientMembers = ['client_ids']

/** Trusted identity providers and cross-application access (AuthPlane, “Trusted IdPs”, “XAA policies”). */
export const federationRoutes: readonly Route[] = [
  row('POST /admin/idps', issuers.trustedIssuerCreate, created(idp)),
  row('GET /admin/idps', issuers.trustedIssuerList, list(idp)),
  row('GET /admin/idps/{id}', issuers.trustedIssuerGet, ok(idp)),
  row('PUT /admin/idps/{id}', issuers.trustedIssuerUpdate, ok(idp)),
  row('DELETE /admin/idps/{id}', issuers.trustedIssuerDelete, noContent),
  row('POST /admin/idps/{id}/refresh-keys', issuers.trustedIssuerRefreshKeys, refreshed),

  row('POST /admin/xaa/policies', policies.issuerPolicyCreate, created(policy), { clientMembers }),
  row('GET /admin/xaa/policies', policies.issuerPolicyList, list(policy), { clientMembers }),
  row('GET /admin/xaa/policies/{id}', policies.issuerPolicyGet, ok(policy), { clientMembers }),
  row('PUT /admin/xaa/policies/{id}', policies.issuerPolicyUpdate, ok(policy), { clientMembers }),
  row('DELETE /admin/xaa/policies/{id}', policies.issuerPolicyDelete, noContent),

  row('POST /admin/xaa/subject-mappings', mappings.subjectMappingCreate, created(mapping)),
  row('GET /admin/xaa/subject-mappings', mappings.subjectMappingList, list(mapping)),
  row('DELETE /admin/xaa/subject-mappings/{id}', mappings.subjectMappingDelete, noContent),
]
