// Makes groups and roles that a flow or the mapping of an identity provider names, which are not deleted.
import type { DependentName } from '#domain/dependents.ts'
import { flowProbe, makeAudience, makeGroup, makeRole, remove, type Scenario } from './dependent-parts.ts'
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
} satisfies Partial<Record<DependentName, (stage: DependentStage) => Promise<Scenario>>>
