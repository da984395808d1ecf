// Makes connections of users at providers, and resources with a provider.
import type { DependentName } from '#domain/dependents.ts'
import { changeUser, makeAudience, type Scenario } from './dependent-parts.ts'
import { type DependentStage, fresh } from './dependent-stage.ts'

/** A provider, with a key of a person. */
async function connected(stage: DependentStage) {
  const { place, person } = await makeAudience(stage)
  const { admin } = place
  const provider = await stage.api('POST', `${admin}/broker-providers`, { slug: fresh('keys'), protocol: 'api_key' })
  const given = { user_id: person.id, provider_id: provider.id, access_token: 'a-key' }
  const { id } = await stage.api('POST', `${admin}/connections`, given)
  const isAlive = async () => {
    const { data } = await stage.other.api<{ data: { id: string }[] }>('GET', `${admin}/connections`)
    return data.some((connection) => connection.id === id)
  }
  const path = `${admin}/broker-providers/${provider.id}`
  const become = (state: string) =>
    state === 'deleted' ? stage.api('DELETE', path) : stage.api('PATCH', path, { active: state === 'active' })
  return { place, person, provider, isAlive, become }
}

/** How each of them is made. */
export const BROKER_SCENARIOS = {
  'user: connections': async (stage) => {
    const { place, person, isAlive } = await connected(stage)
    return { isAlive, become: changeUser(stage, place, person.id) }
  },
  'broker_provider: connections': connected,
  'broker_provider: resources': async (stage) => {
    const { place, provider, become } = await connected(stage)
    const slug = fresh('brokered')
    const query = `?tenant_id=${place.tenantId}`
    await stage.api('POST', `/v1/resources${query}`, { backend: 'broker', slug, broker_provider: provider.id })
    const isAlive = async () => {
      const { data } = await stage.other.api<{ data: { slug: string }[] }>('GET', `/v1/resources${query}`)
      return data.some((resource) => resource.slug === slug)
    }
    return { isAlive, become }
  },
} satisfies Partial<Record<DependentName, (stage: DependentStage) => Promise<Scenario>>>
