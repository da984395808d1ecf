// Reads the file of sites and rules of the proxy.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import * as z from 'zod'
import type { ProxiedSite, SiteRule } from '#domain/proxy/proxied-site.ts'
import { indexRules, type RuleSet, ruleSet } from '#domain/proxy-rule/engine.ts'
import { RULE_CHOICES } from '#domain/proxy-rule/proxy-rule.ts'
import { hostOf, SITE_CHOICES } from '#domain/proxy-site/proxy-site.ts'
import { Failure } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'

const Rule = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  path: RULE_CHOICES.path,
  methods: RULE_CHOICES.methods.default([]),
  require: RULE_CHOICES.require.default('authenticated'),
  scopes: RULE_CHOICES.scopes.default([]),
  tier: RULE_CHOICES.tier.default(null),
  machines_only: RULE_CHOICES.machinesOnly.default(false),
  priority: RULE_CHOICES.priority.default(0),
  mode: RULE_CHOICES.mode.default('enforce'),
})

const origin = z
  .string()
  .max(300)
  .refine((text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text), {
    message: 'must be an http or https origin',
  })

const Site = z.strictObject({
  public_url: origin,
  upstream: origin,
  realm: z.string().max(200).default('default'),
  application: z.string().max(80).optional(),
  audience: SITE_CHOICES.audience.default(null),
  signs_identity: SITE_CHOICES.signsIdentity.default(false),
  passes_token: SITE_CHOICES.passesToken.default(false),
  health_path: SITE_CHOICES.healthPath.default(null),
  timeout_seconds: SITE_CHOICES.timeoutSeconds.default(30),
  rules: z.array(Rule).max(20_000).default([]),
})

const File = z.strictObject({
  sites: z.array(Site).max(1000).default([]),
  rules: z.array(Rule).max(20_000).default([]),
})

/** A site of the file, and the realm that it names. */
export interface FileSite {
  /** The issuer id of the realm. */
  readonly realm: string
  readonly settings: z.output<typeof Site>
  readonly rules: RuleSet<SiteRule>
}

const LARGEST = 16 * 1024 * 1024

/**
 * The sites of a file. Rules of a site stand before those of the file; each part by priority, then in the order of the file.
 * @throws Failure `conflict` where the file cannot be read, with what is wrong with it
 */
export function readRulesFile(path: string): FileSite[] {
  const file = File.safeParse(contentOf(path))
  if (!file.success) {
    const [issue] = file.error.issues
    throw broken(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const { sites, rules } = file.data
  const hosts = new Set<string>()
  for (const { public_url } of sites) {
    const host = hostOf(public_url)
    if (hosts.has(host)) throw broken(path, `${host} is the host of two sites.`)
    hosts.add(host)
  }
  // Every site has the rules of the file, in one index.
  const shared = indexRules(inOrder('*', rules))
  return sites.map((settings) => ({
    realm: settings.realm,
    settings,
    rules: ruleSet(indexRules(inOrder(settings.public_url, settings.rules)), shared),
  }))
}

/** A site of the file as requests meet it. @throws Failure `conflict` for an application’s id of another form */
export function siteOfFile({ settings, rules }: FileSite, realmId: string): ProxiedSite {
  const applicationId = settings.application === undefined ? null : parseId('application', settings.application)
  if (applicationId === undefined) throw new Failure('conflict', `${settings.application} is no id of an application.`)
  const { public_url: publicUrl, upstream, audience } = settings
  return {
    site: {
      ...{ id: null, realmId, applicationId, publicUrl, upstream, audience, enabled: true },
      signsIdentity: settings.signs_identity,
      passesToken: settings.passes_token,
      healthPath: settings.health_path,
      timeoutSeconds: settings.timeout_seconds,
    },
    rules,
  }
}

function contentOf(path: string): unknown {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > LARGEST) throw new Error('it is too large')
    // Aliases could make a small file large.
    return parse(text, { maxAliasCount: 0, prettyErrors: true }) ?? {}
  } catch (error) {
    throw broken(path, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

function inOrder(place: string, rules: z.output<typeof Site>['rules']): SiteRule[] {
  return rules
    .map((rule, at) => ({ rule, at }))
    .sort((left, right) => right.rule.priority - left.rule.priority || left.at - right.at)
    .map(({ rule: { machines_only: machinesOnly, name, ...rule }, at }) => ({
      ...rule,
      machinesOnly,
      name: name ?? rule.path,
      id: `file ${place} ${at}`,
      source: 'file' as const,
    }))
}

function broken(path: string, what: string): Failure {
  return new Failure('conflict', `${path} cannot be used: ${what}`)
}
