/**
 * Every event: what happened, past tense, noun first. One append-only table of these is the audit log, the activity
 * feed, the webhook outbox, the live stream and what keeps caches true.
 */
export const EVENTS = {
  'instance.initialized': 'The installation was set up on an empty data directory.',
  'bootstrap.consumed': 'The first administrator was created with the one-time link.',
  'partner.created': 'A partner was created.',
  'partner.updated': 'A partner was changed.',
  'partner.deleted': 'A partner was deleted.',
  'tenant.created': 'A tenant was created.',
  'tenant.updated': 'A tenant was changed.',
  'tenant.suspended': 'A tenant was suspended.',
  'tenant.reactivated': 'A tenant was reactivated.',
  'tenant.deleted': 'A tenant was deleted.',
  'realm.created': 'A realm was created.',
  'realm.updated': 'A realm was changed.',
  'realm.enabled': 'A realm was enabled.',
  'realm.disabled': 'A realm was disabled.',
  'realm.custom_domain_set': 'A realm got a custom domain.',
  'realm.custom_domain_cleared': 'A realm lost its custom domain.',
  'realm.deleted': 'A realm was deleted.',
  'user.created': 'A user was created.',
  'user.updated': 'A user was changed.',
  'user.suspended': 'A user was suspended.',
  'user.reactivated': 'A user was reactivated.',
  'user.password_set': 'A user’s password was set.',
  'user.deleted': 'A user was deleted.',
  'group.created': 'A group was created.',
  'group.updated': 'A group was changed.',
  'group.members_added': 'Users became members of a group.',
  'group.member_removed': 'A user is no longer a member of a group.',
  'group.nested': 'A group was put into another one.',
  'group.unnested': 'A group was taken out of another one.',
  'group.deleted': 'A group was deleted.',
  'organization.created': 'An organization was created.',
  'organization.updated': 'An organization was changed.',
  'organization.member_added': 'A user became a member of an organization.',
  'organization.member_updated': 'A member’s role or permissions in an organization were changed.',
  'organization.member_removed': 'A user is no longer a member of an organization.',
  'organization.deleted': 'An organization was deleted.',
  'invitation.created': 'Somebody was invited to an organization.',
  'invitation.accepted': 'An invitation to an organization was accepted.',
  'invitation.revoked': 'An invitation to an organization was revoked.',
  'role.created': 'A role was created.',
  'role.updated': 'A role was changed.',
  'role.assigned': 'A role was given to a user, a group or a member of an organization.',
  'role.unassigned': 'A role was taken from a user, a group or a member of an organization.',
  'role.deleted': 'A role was deleted.',
  'application.created': 'An application was created.',
  'application.updated': 'An application was changed.',
  'application.deleted': 'An application was deleted.',
  'client.created': 'A client was registered.',
  'client.updated': 'A client was changed.',
  'client.secret_rotated': 'A client got a new secret.',
  'client.suspended': 'A client was suspended.',
  'client.reactivated': 'A client was reactivated.',
  'client.deleted': 'A client was deleted.',
  'resource.created': 'A resource was registered.',
  'resource.updated': 'A resource was changed.',
  'resource.deleted': 'A resource was deleted.',
  'key.created': 'A signing key was made and published.',
  'key.rotation_scheduled': 'A signing key will start to sign once every cache knows it.',
  'key.activated': 'A signing key started to sign.',
  'key.retiring': 'A signing key stopped to sign and stays published.',
  'key.retired': 'A signing key was withdrawn.',
  'session.started': 'A user signed in.',
  'session.ended': 'A session ended.',
  'sign_in.failed': 'A sign-in was refused.',
  'grant.created': 'A user consented.',
  'grant.updated': 'A user consented to more.',
  'grant.denied': 'A user refused consent.',
  'grant.revoked': 'A consent was revoked.',
  'authorization_code.issued': 'An authorization code was issued.',
  'authorization_code.replayed': 'An authorization code was presented twice; its tokens were revoked.',
  'device_authorization.started': 'A device asked to be let in.',
  'device_authorization.approved': 'A user let a device in.',
  'device_authorization.denied': 'A user refused to let a device in.',
  'token.issued': 'An access token was issued.',
  'token.revoked': 'A token was revoked.',
  'refresh_token.reused': 'A spent refresh token was presented; its family was revoked.',
  'client_authentication.failed': 'A client could not authenticate.',
  'api_key.created': 'An API key was created.',
  'api_key.revoked': 'An API key was revoked.',
  'webhook.created': 'A webhook was created.',
  'webhook.updated': 'A webhook was changed.',
  'webhook.secret_rotated': 'A webhook got a new signing secret.',
  'webhook.disabled': 'A webhook was switched off, since its receiver failed for too long.',
  'webhook.deleted': 'A webhook was deleted.',
  'mail.sent': 'A mail was handed to the mail server.',
  'mail.failed': 'A mail was given up.',
  'access.denied': 'A caller was refused for want of a permission.',
} as const

export type EventType = keyof typeof EVENTS

/** What an operation says happened. Who, where and when are filled in from the context. Nothing secret goes in. */
export interface EventDetail {
  /** What it happened to: a noun and its id (a UUID, or a natural key where the noun has one). */
  readonly subject: { readonly type: string; readonly id: string }
  /** The chain it belongs to, where it is not the context’s tenant. */
  readonly tenantId?: string
  readonly realmId?: string
  readonly result?: 'success' | 'failure'
  /** Who did it, where the caller only carried it in: the user who signs in, the client that asks for a token. */
  readonly actor?: { readonly kind: string; readonly id: string; readonly label?: string }
  readonly data?: Readonly<Record<string, unknown>>
}
