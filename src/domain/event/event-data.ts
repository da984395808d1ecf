// Knows what the members of an event's data hold, so that surfaces write them like all other members: ids, times and the
// values of a change. In the log they are as the domain has them: UUIDs and milliseconds since 1970.
import * as z from 'zod'
import { auditedMembersOf } from '#kernel/audited-members.ts'
import { idOut, memberName, time } from '#kernel/field.ts'

/** Members that mean the same in the events of every type. Others are texts, numbers, flags and lists of texts. */
const SHARED = {
  changed: z.array(memberName),
  agentId: idOut('agent'),
  brokerProviderId: idOut('broker_provider'),
  connectionId: idOut('connection').nullable(),
  childGroupId: idOut('group'),
  directoryId: idOut('directory'),
  fromClientId: idOut('client').nullable(),
  toClientId: idOut('client'),
  applicationId: idOut('application').nullable(),
  sourceId: idOut('resource'),
  targetId: idOut('resource'),
  trustedIssuerId: idOut('trusted_issuer'),
  groupId: idOut('group').nullable(),
  organizationId: idOut('organization').nullable(),
  parent: idOut('issuance'),
  partnerId: idOut('partner').nullable(),
  projectId: idOut('project'),
  providerId: idOut('identity_provider'),
  sessionId: idOut('session').nullable(),
  userId: idOut('user').nullable(),
  userIds: z.array(idOut('user')),
  expiresAt: time,
  previousExpiresAt: time,
  // Of events that were written before `before` and `after` were.
  from: idOut('partner'),
  to: idOut('partner'),
}

const schemas = new Map<string, z.ZodType>()

/** The schema of the data of an event by what the event is about. */
export function eventDataSchema(subjectType: string): z.ZodType {
  const known = schemas.get(subjectType)
  if (known) return known
  const audited = Object.entries(auditedMembersOf(subjectType)).map(([name, { schema }]) => [name, schema] as const)
  const values = z.looseObject(Object.fromEntries(audited)).partial()
  // A user's status stood alone in `before` once.
  const schema = z.looseObject({ ...SHARED, before: values, after: values }).partial()
  schemas.set(subjectType, schema)
  return schema
}
