// The rows of providers whose tokens are kept for users, and of connections.
import {
  brokerProviderCreate,
  brokerProviderDelete,
  brokerProviderGet,
  brokerProviderList,
  brokerProviderTemplates,
  brokerProviderUpdate,
} from '#domain/broker-provider/broker-provider.operations.ts'
import {
  connectionCreate,
  connectionGet,
  connectionList,
  connectionRevoke,
} from '#domain/connection/connection.operations.ts'
import { grantListOfUser } from '#domain/grant/grants-of-user.operations.ts'
import type { Route } from '../surface.ts'
import { row } from './dialect.ts'

export const brokerRoutes: readonly Route[] = [
  row('GET /v1/realms/{issuer_id}/users/{user_id}/grants', grantListOfUser),
  row('POST /v1/realms/{issuer_id}/broker-providers', brokerProviderCreate, 201),
  row('GET /v1/realms/{issuer_id}/broker-providers', brokerProviderList),
  row('GET /v1/realms/{issuer_id}/broker-providers/templates', brokerProviderTemplates),
  row('GET /v1/realms/{issuer_id}/broker-providers/{id}', brokerProviderGet),
  row('PATCH /v1/realms/{issuer_id}/broker-providers/{id}', brokerProviderUpdate),
  row('DELETE /v1/realms/{issuer_id}/broker-providers/{id}', brokerProviderDelete),

  row('POST /v1/realms/{issuer_id}/connections', connectionCreate, 201),
  row('GET /v1/realms/{issuer_id}/connections', connectionList),
  row('GET /v1/realms/{issuer_id}/connections/{id}', connectionGet),
  row('POST /v1/realms/{issuer_id}/connections/{id}/revoke', connectionRevoke),
]
