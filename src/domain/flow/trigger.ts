// The moments at which flows run.

/** When a flow runs. The first two are due at the first sign-in after the account or the password was made. */
export const TRIGGERS = ['signup', 'password_reset', 'login', 'magic_link', 'oauth_callback'] as const
export type Trigger = (typeof TRIGGERS)[number]

/** The triggers that are due at a later sign-in. */
export type DueTrigger = Extract<Trigger, 'signup' | 'password_reset'>

/** What a user has while a flow is due at the next sign-in at a realm. */
export function dueAt(trigger: DueTrigger, realmId: string): string {
  return `${trigger} ${realmId}`
}

/** The trigger that is due at a realm; undefined for none. */
export function dueOf({ dueTrigger }: { readonly dueTrigger: string | null }, realmId: string): DueTrigger | undefined {
  return (['signup', 'password_reset'] as const).find((trigger) => dueTrigger === dueAt(trigger, realmId))
}
