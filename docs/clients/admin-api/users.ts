// Registers a client and lists the users of a realm, with types that are made of the OpenAPI document.
import createClient from 'openapi-fetch'
import type { ClientCreateRequest, paths, User } from './admin-api.js'

const api = createClient<paths>({
  baseUrl: process.env.ADMIN_URL ?? '',
  headers: { authorization: `Bearer ${process.env.COUNTERSIGN_ADMIN_API_KEY}` },
})
const realm = { path: { issuer_id: 'default' } }

const nightly: ClientCreateRequest = { label: 'Nightly', grant_types: ['client_credentials'], scopes: ['users:read'] }
const made = await api.POST('/v1/realms/{issuer_id}/clients', { params: realm, body: nightly })
if (made.error) throw new Error(made.error.error_description)
console.log(`Registered ${made.data.label} as ${made.data.client_id}`)

const { data, error } = await api.GET('/v1/realms/{issuer_id}/users', { params: realm })
if (error) throw new Error(error.error_description)
const lineOf = ({ email, name }: User): string => `${email} ${name ?? ''}`
for (const user of data.data) console.log(lineOf(user))
