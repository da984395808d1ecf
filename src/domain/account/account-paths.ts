// The paths of the pages where people manage their own accounts.

/** The pages, below the realm's base URL. A sign-in can return to each of them. */
export const ACCOUNT_PATHS = {
  overview: '/account',
  password: '/account/password',
  sessions: '/account/sessions',
  activity: '/account/activity',
  apps: '/account/apps',
  approvals: '/account/approvals',
  second_factors: '/account/second-factors',
  passkeys: '/account/passkeys',
  linked_accounts: '/account/linked-accounts',
  connections: '/account/connections',
  data: '/account/data',
  deletion: '/account/delete',
} as const

/** The page that says that an account is deleted. */
export const ACCOUNT_DELETED_PATH = '/account-deleted'
