// Owns the inputs of operations on partners, tenants, realms and directories.
import { directoryList } from '#domain/directory/directory.operations.ts'
import { partnerCreate } from '#domain/partner/partner.operations.ts'
import { projectCreate } from '#domain/project/project.operations.ts'
import { projectKeyCreate } from '#domain/project/project-key.operations.ts'
import { tenantSuspend } from '#domain/tenant/tenant.operations.ts'
import { SAMPLE_LOGO } from '../sample-branding.ts'
import { byId, type Fixtures, type Maker } from './maker.ts'

/** Above all realms. */
const ABOVE = { realm: null }

const partner = (maker: Maker) => maker.run(partnerCreate, { name: maker.word(), slug: maker.word() }, ABOVE)

async function project(maker: Maker) {
  const made = await maker.run(projectCreate, { name: maker.word() }, ABOVE)
  await maker.run(projectKeyCreate, { id: made.id, name: maker.word() }, ABOVE)
  return made
}

async function projectKey(maker: Maker) {
  const { id } = await project(maker)
  return { ...(await maker.run(projectKeyCreate, { id, name: maker.word() }, ABOVE)), projectId: id }
}

const LOGO = SAMPLE_LOGO.toString('base64')
const tenant = async (maker: Maker) => ({ realm: null, tenantId: (await maker.tenant()).id })

/** The first realm of a tenant that has no files yet. */
async function homeOf(maker: Maker) {
  const { read } = maker.services.contextFor(await tenant(maker))
  return { realm: (await read.realms.home()) ?? null }
}

/** Calls of what is done to partners, tenants, realms and projects. */
export const TENANCY: Fixtures = {
  'partner.create': (maker) => ({ input: { name: maker.word(), slug: maker.word(), maxTenants: 3 }, at: ABOVE }),
  'partner.get': byId(partner, ABOVE),
  'partner.update': async (maker) => ({
    input: { id: (await partner(maker)).id, slug: maker.word(), status: 'suspended' },
    at: ABOVE,
  }),
  'partner.delete': byId(partner, ABOVE),

  'tenant.create': (maker) => ({ input: { name: maker.word(), slug: maker.word() }, at: ABOVE }),
  'tenant.get': byId((maker) => maker.tenant(), ABOVE),
  'tenant.update': [
    async (maker) => ({
      input: { id: (await maker.tenant()).id, slug: maker.word(), adminMinAal: 2, status: 'suspended' },
      at: ABOVE,
    }),
    async (maker) => ({
      input: { id: (await maker.tenant()).id, partnerId: (await partner(maker)).id },
      at: ABOVE,
    }),
  ],
  'tenant.suspend': byId((maker) => maker.tenant(), ABOVE),
  'tenant.reactivate': async (maker) => {
    const { id } = await maker.tenant()
    await maker.run(tenantSuspend, { id }, ABOVE)
    return { input: { id }, at: ABOVE }
  },
  'tenant.delete': byId((maker) => maker.tenant(), ABOVE),

  'directory.get': async (maker) => ({ input: { id: (await maker.run(directoryList)).data[0]?.id } }),

  'realm.create': (maker) => ({ input: { name: maker.word() }, at: ABOVE }),
  'realm.update': async (maker) => ({
    input: { name: maker.word(), enabled: false, policy: { sessionLifetime: 3600 } },
    at: await maker.anotherRealm(),
  }),
  'realm.delete': async (maker) => ({ input: {}, at: await maker.anotherRealm() }),
  'branding.get': () => ({ input: {}, at: ABOVE }),
  'branding.update': async (maker) => ({
    input: { color: '#123456', tokens: { radius: '4px' } },
    at: await tenant(maker),
  }),
  'branding.upload': async (maker) => ({ input: { as: 'logo', content: LOGO, use: true }, at: await tenant(maker) }),
  'realm_branding.get': () => ({ input: {} }),
  'realm_branding.update': [
    async (maker) => ({
      input: { name: 'Other', texts: { en: { headline: 'Hello' } } },
      at: await maker.anotherRealm(),
    }),
    async (maker) => ({ input: { clientId: (await maker.client()).id, color: '#123456' } }),
    async (maker) => ({ input: { organizationId: (await maker.organization()).id, font: 'serif' } }),
  ],
  'realm_branding.upload': async (maker) => ({
    input: { as: 'favicon', content: LOGO, use: true },
    at: await homeOf(maker),
  }),
  'realm_branding.preview': () => ({ input: { page: 'mail', language: 'ar', draft: { color: '#123456' } } }),

  'key.create': async (maker) => ({ input: { algorithm: 'EdDSA' }, at: await maker.anotherRealm() }),
  'key.rotate': [
    async (maker) => ({ input: {}, at: await maker.anotherRealm() }),
    async (maker) => ({ input: { immediate: true }, at: await maker.anotherRealm() }),
    async (maker) => ({ input: { compromised: true }, at: await maker.anotherRealm() }),
    async (maker) => ({ input: { compromised: true, algorithm: 'ES256' }, at: await maker.anotherRealm() }),
  ],

  'project.create': (maker) => ({ input: { name: maker.word(), allowedOrigins: ['https://a.example'] }, at: ABOVE }),
  'project.get': byId(project, ABOVE),
  'project.update': async (maker) => ({
    input: { id: (await project(maker)).id, name: maker.word(), allowedOrigins: ['https://b.example'] },
    at: ABOVE,
  }),
  'project.delete': byId(project, ABOVE),
  'project_key.create': async (maker) => ({ input: { id: (await project(maker)).id, name: maker.word() }, at: ABOVE }),
  'project_key.list': byId(project, ABOVE),
  'project_key.verify': async (maker) => ({ input: { key: (await projectKey(maker)).secret }, at: ABOVE }),
  'project_key.revoke': async (maker) => {
    const { id: keyId, projectId: id } = await projectKey(maker)
    return { input: { id, keyId }, at: ABOVE }
  },
}
