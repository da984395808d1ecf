// The rows of trusted issuers, of their policies, and of whom their subjects are.
import {
  subjectMappingCreate,
  subjectMappingDelete,
  subjectMappingGet,
  subjectMappingList,
} from '#domain/subject-mapping/subject-mapping.operations.ts'
import {
  issuerPolicyCreate,
  issuerPolicyDelete,
  issuerPolicyGet,
  issuerPolicyList,
  issuerPolicyUpdate,
} from '#domain/trusted-issuer/issuer-policy.operations.ts'
import {
  trustedIssuerCreate,
  trustedIssuerDelete,
  trustedIssuerGet,
  trustedIssuerList,
  trustedIssuerRefreshKeys,
  trustedIssuerUpdate,
} from '#domain/trusted-issuer/trusted-issuer.operations.ts'
import type { Route } from '../surface.ts'
import { row } from './dialect.ts'

export const trustRoutes: readonly Route[] = [
  row('POST /v1/realms/{issuer_id}/trusted-issuers', trustedIssuerCreate, 201),
  row('GET /v1/realms/{issuer_id}/trusted-issuers', trustedIssuerList),
  row('GET /v1/realms/{issuer_id}/trusted-issuers/{id}', trustedIssuerGet),
  row('PATCH /v1/realms/{issuer_id}/trusted-issuers/{id}', trustedIssuerUpdate),
  row('DELETE /v1/realms/{issuer_id}/trusted-issuers/{id}', trustedIssuerDelete),
  row('POST /v1/realms/{issuer_id}/trusted-issuers/{id}/refresh-keys', trustedIssuerRefreshKeys),
  row('POST /v1/realms/{issuer_id}/issuer-policies', issuerPolicyCreate, 201),
  row('GET /v1/realms/{issuer_id}/issuer-policies', issuerPolicyList),
  row('GET /v1/realms/{issuer_id}/issuer-policies/{id}', issuerPolicyGet),
  row('PATCH /v1/realms/{issuer_id}/issuer-policies/{id}', issuerPolicyUpdate),
  row('DELETE /v1/realms/{issuer_id}/issuer-policies/{id}', issuerPolicyDelete),
  row('POST /v1/realms/{issuer_id}/subject-mappings', subjectMappingCreate, 201),
  row('GET /v1/realms/{issuer_id}/subject-mappings', subjectMappingList),
  row('GET /v1/realms/{issuer_id}/subject-mappings/{id}', subjectMappingGet),
  row('DELETE /v1/realms/{issuer_id}/subject-mappings/{id}', subjectMappingDelete),
]
