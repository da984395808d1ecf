// The rows of e-mail domains.
import {
  emailDomainCreate,
  emailDomainDelete,
  emailDomainGet,
  emailDomainList,
  emailDomainVerify,
} from '#domain/email-domain/email-domain.operations.ts'
import type { Route } from '../surface.ts'
import { row } from './dialect.ts'

export const emailDomainRoutes: readonly Route[] = [
  row('POST /v1/realms/{issuer_id}/email-domains', emailDomainCreate, 201),
  row('GET /v1/realms/{issuer_id}/email-domains', emailDomainList),
  row('GET /v1/realms/{issuer_id}/email-domains/{id}', emailDomainGet),
  row('POST /v1/realms/{issuer_id}/email-domains/{id}/verify', emailDomainVerify),
  row('DELETE /v1/realms/{issuer_id}/email-domains/{id}', emailDomainDelete),
]
