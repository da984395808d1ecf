import * as z from 'zod'
import {
  userCreate,
  userDelete,
  userDisableMfa,
  userGet,
  userResetPassword,
  userSurvey,
  userUpdate,
} from '#domain/user/user.operations.ts'
import { NewUser, type PasswordSet, UserSurvey, type UserView } from '#domain/user/user.ts'
import { renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import {
  acrossTenants,
  homeAsked,
  idIn,
  listOf,
  listSchema,
  PageParameters,
  pageOf,
  row,
  single,
  staysIn,
  timeOut,
  wordIn,
} from './row.ts'

const given = NewUser.shape
const name = (field: typeof given.name) => field.unwrap().optional()

// A user who is not active is suspended here, whichever of its two words for it the caller knows.
const status = wordIn(['active', 'suspended', 'inactive'])
  .transform((word) => (word === 'inactive' ? 'suspended' : word))
  .optional()

const fields = {
  email: given.email,
  username: name(given.username),
  first_name: name(given.givenName),
  last_name: name(given.familyName),
  display_name: name(given.name),
  status,
  email_verified: z.boolean().optional(),
  title: name(given.title),
  department: name(given.department),
  manager_id: idIn('user').nullable().optional(),
  phone: name(given.phone),
  employee_id: name(given.employeeId),
  custom_attributes: given.attributes.unwrap().optional(),
}
const tenant_id = idIn('tenant').optional()
const Create = z.object({ ...fields, tenant_id, password: given.password })
const Update = z.object({
  ...z.object(fields).partial().shape,
  tenant_id: tenant_id.describe('The one that the user is in.'),
  password: z.never({ error: 'set passwords with reset-password' }).optional(),
})

const List = PageParameters.extend({
  search: UserSurvey.shape.search,
  status,
  tenant_id,
  partner_id: idIn('partner').optional(),
})

const Reset = z.object({
  password: given.password,
  new_password: given.password,
  temporary: z
    .literal(false, { error: 'that the user has to change it is not supported' })
    .optional()
    .describe('Whether the user would have to change it; only false is supported.'),
})

const nullable = z.string().nullable()
const User = z.object({
  id: z.string(),
  tenant_id: z.string(),
  email: z.string(),
  username: nullable,
  first_name: nullable,
  last_name: nullable,
  display_name: nullable,
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  email_verified: z.boolean(),
  mfa_enabled: z.boolean(),
  identity_source: z.enum(['LOCAL']),
  title: nullable,
  department: nullable,
  manager_id: nullable,
  phone: nullable,
  employee_id: nullable,
  custom_attributes: z.record(z.string(), z.unknown()),
  role: z.null(),
  last_login_at: nullable,
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(user: UserView): z.output<typeof User> {
  return {
    id: renderId('user', user.id),
    tenant_id: renderId('tenant', user.tenantId),
    email: user.email,
    username: user.username,
    first_name: user.givenName,
    last_name: user.familyName,
    display_name: user.name,
    status: user.status === 'active' ? 'ACTIVE' : 'SUSPENDED',
    email_verified: user.emailVerified,
    mfa_enabled: user.hasSecondFactor,
    identity_source: 'LOCAL',
    title: user.title,
    department: user.department,
    manager_id: user.reportsTo === null ? null : renderId('user', user.reportsTo),
    phone: user.phone,
    employee_id: user.employeeId,
    custom_attributes: user.attributes,
    role: null,
    last_login_at: timeOut(user.lastSignInAt),
    created_at: timeOut(user.createdAt) ?? '',
    updated_at: timeOut(user.updatedAt) ?? '',
  }
}

function taken(body: Omit<z.output<typeof Update>, 'tenant_id' | 'password'>): object {
  return {
    email: body.email,
    emailVerified: body.email_verified,
    name: body.display_name,
    givenName: body.first_name,
    familyName: body.last_name,
    username: body.username,
    title: body.title,
    department: body.department,
    reportsTo: body.manager_id,
    phone: body.phone,
    employeeId: body.employee_id,
    status: body.status,
    attributes: body.custom_attributes,
  }
}

const names = {
  name: 'display_name',
  givenName: 'first_name',
  familyName: 'last_name',
  reportsTo: 'manager_id',
  attributes: 'custom_attributes',
}
const its: Route['scope'] = async ({ params }, places) => places.of('user', params.id)
const one = { scope: its, replySchema: User, reply: (user: UserView) => single(shown(user)), names }
const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** The people of tenants; administrators are none of them (ScaiKey, “Users”). */
export const userRoutes: readonly Route[] = [
  row('GET /api/v1/admin/users', userSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query: { search, status, tenant_id: tenantId, partner_id: partnerId, ...page } }) => ({
      ...pageOf(page),
      search,
      status,
      tenantId,
      partnerId,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(User),
  }),
  row('POST /api/v1/admin/users', userCreate, {
    ...one,
    scope: homeAsked,
    status: 201,
    body: Create,
    input: ({ body }) => ({ ...taken(body), password: body.password }),
  }),
  row('GET /api/v1/admin/users/{id}', userGet, { ...one, input: id }),
  row('PATCH /api/v1/admin/users/{id}', userUpdate, {
    ...one,
    scope: staysIn(its),
    body: Update,
    input: ({ params, body }) => ({ ...taken(body), id: params.id }),
  }),
  row('DELETE /api/v1/admin/users/{id}', userDelete, { scope: its, input: id }),
  row('POST /api/v1/admin/users/{id}/reset-password', userResetPassword, {
    scope: its,
    body: Reset,
    bodyOptional: true,
    input: ({ params, body }) => ({ id: params.id, password: body.password ?? body.new_password }),
    reply: ({ generatedPassword }: PasswordSet) => ({
      message: 'Password reset',
      ...(generatedPassword !== undefined && { temporary_password: generatedPassword }),
    }),
    replySchema: z.object({
      message: z.string(),
      temporary_password: z.string().optional().describe('Where none was given; shown this once.'),
    }),
  }),
  row('POST /api/v1/admin/users/{id}/mfa/disable', userDisableMfa, {
    ...one,
    input: id,
    reply: (user: UserView) => ({ message: 'MFA disabled', ...single(shown(user)) }),
    replySchema: z.object({ message: z.string(), ...User.shape }),
  }),
]
