// What the service says of itself (RFC 7643 §5–§7): what it can do, which resources there are, and what is in them.
import { type Attribute, ENTERPRISE, ENTERPRISE_SCHEMA, GROUP, type ResourceKind, USER } from './attributes.ts'
import { BULK_OPERATIONS_MAX, BULK_PAYLOAD_MAX } from './bulk.ts'
import { COUNT_MAX } from './query.ts'
import type { Resource } from './resource.ts'

const CONFIG_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'
const TYPE_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'
const SCHEMA_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Schema'

/** What the service can do. */
export function serviceProviderConfig(site: string): Resource {
  return {
    schemas: [CONFIG_SCHEMA],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: BULK_OPERATIONS_MAX, maxPayloadSize: BULK_PAYLOAD_MAX },
    filter: { supported: true, maxResults: COUNT_MAX },
    changePassword: { supported: true },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'An API key, or an administrator’s access token, in the Authorization header.',
        specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${site}/ServiceProviderConfig` },
  }
}

/** The resources that there are. */
export function resourceTypes(site: string): Resource[] {
  return [USER, GROUP].map(({ name, endpoint, description, schema, extensions }) => ({
    schemas: [TYPE_SCHEMA],
    id: name,
    name,
    endpoint,
    description,
    schema,
    schemaExtensions: Object.keys(extensions).map((urn) => ({ schema: urn, required: false })),
    meta: { resourceType: 'ResourceType', location: `${site}/ResourceTypes/${name}` },
  }))
}

/** What is in them. */
export function schemas(site: string): Resource[] {
  const own = [USER, GROUP].map(({ schema, name, description, attributes }: ResourceKind) => ({
    id: schema,
    name,
    description,
    attributes,
  }))
  const extension = {
    id: ENTERPRISE_SCHEMA,
    name: 'EnterpriseUser',
    description: ENTERPRISE.description,
    attributes: ENTERPRISE.subAttributes ?? [],
  }
  return [...own, extension].map((schema) => ({
    schemas: [SCHEMA_SCHEMA],
    ...schema,
    attributes: schema.attributes.map(described),
    meta: { resourceType: 'Schema', location: `${site}/Schemas/${schema.id}` },
  }))
}

// Whether case matters and whether a value is unique are not asked of values that have parts or are true or false.
function described({ caseExact, uniqueness, subAttributes, ...attribute }: Attribute): Resource {
  const isText = attribute.type !== 'complex' && attribute.type !== 'boolean'
  return {
    ...attribute,
    ...(isText && { caseExact }),
    ...(attribute.type !== 'boolean' && { uniqueness }),
    ...(subAttributes && { subAttributes: subAttributes.map(described) }),
  }
}
