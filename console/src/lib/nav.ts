// Owns the navigation: which page stands in which group. A noun that nobody placed goes to “More”.
import { texts } from '../texts/texts.ts'
import { may } from './me.ts'
import { PAGES, type Page } from './operations.ts'
import { title } from './words.ts'

/** A group of the navigation. */
export interface NavGroup {
  readonly title: string
  readonly pages: readonly Page[]
}

/** The groups in their order, with the addresses of their pages. */
export const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  [texts.nav.people, ['users', 'groups', 'organizations', 'roles', 'role-permissions', 'sessions', 'directories']],
  [
    texts.nav.agents,
    ['agents', 'delegation-grants', 'grants', 'broker-providers', 'connections', 'backchannel-authentications'],
  ],
  [
    texts.nav.apps,
    [
      'applications',
      'clients',
      'resources',
      'fronting-links',
      'apis',
      'projects',
      'identity-providers',
      'trusted-issuers',
      'issuer-policies',
      'subject-mappings',
      'email-domains',
      'initial-access-tokens',
    ],
  ],
  [texts.nav.tokens, ['issuances', 'keys', 'refusals', 'revocation-create', 'authorization-check']],
  [
    texts.nav.experience,
    ['branding', 'realm-branding', 'mail-templates', 'mail-settings', 'sms-settings', 'flows', 'dev-inbox'],
  ],
  [texts.nav.operate, ['activity', 'events', 'webhooks', 'emails', 'logout-deliveries', 'api-clients', 'api-keys']],
  [texts.nav.settings, ['realms', 'administrators', 'administrator-sessions', 'permissions']],
  [texts.nav.platform, ['partners', 'tenants', 'purge-run', 'stats', 'trend']],
]

const TITLES: Readonly<Record<string, string>> = {
  keys: 'Signing keys',
  apis: 'API overview',
  branding: 'Branding of the tenant',
  'realm-branding': 'Branding',
  'api-clients': 'API access',
  emails: 'Sent mails',
  grants: 'Consents',
  'delegation-grants': 'Delegation',
  'authorization-check': 'Check a permission',
  'revocation-create': 'Revoke',
  'purge-run': 'Purge',
  stats: 'Figures',
  trend: 'Trend',
  'mail-settings': 'Mail settings',
  'backchannel-authentications': 'Approvals',
  'dev-inbox': 'Mails kept for development',
}

/** What a page is called. */
export const pageTitle = ({ slug }: Pick<Page, 'slug'>): string => TITLES[slug] ?? title(slug)

/** The groups with the pages that the caller may see. */
export function navigation(): readonly NavGroup[] {
  const visible = PAGES.filter(({ main }) => may(main))
  const placed = new Set<string>()
  const groups = GROUPS.map(([name, slugs]) => {
    const pages = slugs.flatMap((slug) => {
      placed.add(slug)
      return visible.find((page) => page.slug === slug) ?? []
    })
    return { title: name, pages }
  })
  const rest = visible.filter(({ slug }) => !placed.has(slug))
  return [...groups, { title: texts.nav.more, pages: rest }].filter(({ pages }) => pages.length > 0)
}
