// Owns the inputs of operations on the reverse proxy.
import { applicationCreate } from '#domain/application/application.operations.ts'
import { proxyRuleCreate } from '#domain/proxy-rule/proxy-rule.operations.ts'
import { proxySiteCreate } from '#domain/proxy-site/proxy-site.operations.ts'
import { byId, type Fixtures, type Maker } from './maker.ts'

const site = async (maker: Maker) => ({
  applicationId: (await maker.run(applicationCreate, { name: maker.word() })).id,
  publicUrl: `https://${maker.word()}.example.com`,
  upstream: 'https://upstream.example.com',
  healthPath: '/healthz',
})
const madeSite = async (maker: Maker) => maker.run(proxySiteCreate, await site(maker))

const rule = async (maker: Maker) => ({
  applicationId: (await maker.run(applicationCreate, { name: maker.word() })).id,
  name: maker.word(),
  path: '/admin/*',
  methods: ['GET'],
  require: 'role:admin',
  scopes: ['read'],
  tier: 'pro',
})
const madeRule = async (maker: Maker) => maker.run(proxyRuleCreate, await rule(maker))

/** Calls of what is done to sites and rules. */
export const PROXY: Fixtures = {
  'proxy_site.create': async (maker) => ({ input: await site(maker) }),
  'proxy_site.get': byId(madeSite),
  'proxy_site.update': async (maker) => ({
    input: { id: (await madeSite(maker)).id, upstream: 'https://other.example.com', timeoutSeconds: 5 },
  }),
  'proxy_site.delete': byId(madeSite),
  'proxy_rule.create': async (maker) => ({ input: await rule(maker) }),
  'proxy_rule.get': byId(madeRule),
  'proxy_rule.update': async (maker) => ({
    input: { id: (await madeRule(maker)).id, name: maker.word(), path: '/other', mode: 'shadow', methods: [] },
  }),
  'proxy_rule.delete': byId(madeRule),
  'proxy.simulate': async (maker) => {
    const { publicUrl } = await madeSite(maker)
    return { input: { host: new URL(publicUrl).host, path: '/admin/users', identity: { userId: 'usr_1' } } }
  },
}
