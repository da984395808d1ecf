// Makes what is named elsewhere: by a flow, by the mapping of an identity provider, or by the reverse proxy.
import type { DependentName } from '#domain/dependents.ts'
import { flowProbe, makeAudience, makeGroup, makeRole, remove, type Scenario, superAdmin } from './dependent-parts.ts'
import { type DependentStage, fresh } from './dependent-stage.ts'

type Place = Awaited<ReturnType<DependentStage['place']>>

/** An identity provider whose mapping has one rule, and whether it is there. @param gift what the rule gives */
async function mappingProbe(stage: DependentStage, { admin }: Place, gift: object): Promise<Scenario['isAlive']> {
  const provider = await stage.api('POST', `${admin}/identity-providers`, {
    ...{ provider_type: 'oauth2', name: fresh('Provider'), client_id: 'countersign', client_secret: 'their secret' },
    ...{ authorization_endpoint: 'https://idp.example.com/authorize', token_endpoint: 'https://idp.example.com/token' },
    ...{ userinfo_endpoint: 'https://idp.example.com/me', group_mapping: [{ claim: 'team', value: 'one', ...gift }] },
  })
  return async () => {
    const path = `${admin}/identity-providers/${provider.id}`
    const shown = await stage.other.api<{ group_mapping: unknown[] }>('GET', path)
    return shown.group_mapping.length === 1
  }
}

/** How each of them is made. */
export const NAMED_SCENARIOS = {
  'group: group mappings': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const group = await makeGroup(stage, place, person.id)
    return {
      isAlive: await mappingProbe(stage, place, { group_id: group.id }),
      become: remove(stage, `${place.admin}/groups/${group.id}`),
    }
  },
  'role: flows': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const role = await makeRole(stage, place, { user_id: person.id })
    const step = { type: 'assign_role', config: { role_id: role.id } }
    return {
      isAlive: await flowProbe(stage, place, step),
      become: remove(stage, `${place.admin}/roles/${role.id}`),
    }
  },
  'role: group mappings': async (stage) => {
    const { place, person } = await makeAudience(stage)
    const role = await makeRole(stage, place, { user_id: person.id })
    return {
      isAlive: await mappingProbe(stage, place, { role_id: role.id }),
      become: remove(stage, `${place.admin}/roles/${role.id}`),
    }
  },
  'application: proxy sites': async (stage) => {
    const place = await stage.place()
    const made = await superAdmin(stage, 'POST', '/api/v1/admin/applications', {
      ...{ name: fresh('Application'), application_type: 'SERVICE', scope: 'TENANT', tenant_id: place.tenantId },
    })
    const path = `/api/v1/admin/applications/${made.id}`
    const become = async (state: string) => {
      if (state === 'deleted') return superAdmin(stage, 'DELETE', path, undefined)
      return superAdmin(stage, 'PATCH', path, { status: state.toUpperCase() })
    }
    const host = `${fresh('site').toLowerCase()}.example`
    const given = { application_id: made.id, public_url: `https://${host}`, upstream: 'https://upstream.example' }
    await stage.api('POST', `${place.admin}/proxy-sites`, given)
    const isAlive = async () => {
      const simulated = stage.other.api('POST', `${place.admin}/proxy/simulate`, { host, path: '/' })
      return simulated.then(
        () => true,
        () => false,
      )
    }
    return { isAlive, become }
  },
} satisfies Partial<Record<DependentName, (stage: DependentStage) => Promise<Scenario>>>
