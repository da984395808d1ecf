// Checks e-mail domains: who verifies one, what keeps it verified, and who does not get it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { organizationCreate, organizationDelete } from '../organization/organization.operations.ts'
import {
  emailDomainCreate,
  emailDomainDelete,
  emailDomainGet,
  emailDomainList,
  emailDomainVerify,
} from './email-domain.operations.ts'
import { checkDomainAgain } from './email-domain.service.ts'
import { dueDomains } from './email-domain.store.ts'

const DAY = 86_400_000

for (const dialect of DIALECTS) {
  describe(`e-mail domains on ${dialect}`, () => {
    let services: TestServices
    /** What DNS has; undefined for a DNS that does not answer. */
    let records: Map<string, string> | undefined = new Map()
    const resolveTxt = async (name: string) => {
      if (!records) throw new Failure('unreachable_host')
      return ['v=spf1 -all', records.get(name) ?? 'other']
    }
    before(async () => {
      services = await openTestServices({ database: dialect, network: { resolveTxt } })
    })
    after(() => services.close())

    const context = () => services.contextFor()
    const create = (domain: string, organizationId?: string) =>
      runOperation(emailDomainCreate, context(), { domain, ...(organizationId && { organizationId }) })
    const verify = (id: string) => runOperation(emailDomainVerify, context(), { id })
    const get = (id: string) => runOperation(emailDomainGet, context(), { id })
    const publish = ({ recordName, recordValue }: { recordName: string; recordValue: string }) =>
      records?.set(recordName, recordValue)
    const owned = (domain: string) => context().read.emailDomains.owners(services.realm.id, [domain])
    const checkDue = async () => {
      for (const { id } of await dueDomains(services.database.read, services.clock.now(), 10)) {
        await checkDomainAgain(context(), id)
      }
    }

    test('a domain counts only after its record was found, and the record is of its owner alone', async () => {
      const made = await create('Straße.Example')
      assert.deepEqual(
        [made.domain, made.status, made.recordName],
        ['xn--strae-oqa.example', 'pending', '_countersign.xn--strae-oqa.example'],
      )
      await assert.rejects(verify(made.id), failure('conflict'))
      assert.equal((await owned(made.domain)).size, 0)
      await assert.rejects(create('straße.example'), failure('already_exists'))
      publish(made)
      assert.equal((await verify(made.id)).status, 'verified')
      assert.deepEqual((await owned(made.domain)).get(made.domain), { organizationId: null })
      const { id: organizationId } = await runOperation(organizationCreate, context(), { name: 'Thief' })
      const other = await create(made.domain, organizationId)
      assert.notEqual(other.recordValue, made.recordValue)
      await assert.rejects(verify(other.id), failure('conflict'), 'the record is of another owner')
      publish(other)
      await assert.rejects(verify(other.id), failure('already_exists'))
      await runOperation(emailDomainDelete, context(), { id: made.id })
      assert.equal((await verify(other.id)).status, 'verified')
      await runOperation(organizationDelete, context(), { id: organizationId })
      assert.equal((await owned(made.domain)).size, 0)
    })

    test('of two owners at once one gets the domain', async () => {
      const ids = []
      for (const name of ['One', 'Two', 'Three']) {
        const { id } = await runOperation(organizationCreate, context(), { name })
        ids.push((await create('race.example', id)).id)
      }
      const { data } = await runOperation(emailDomainList, context(), { domain: 'race.example' })
      const values = data.map(({ recordValue }) => recordValue)
      const all = { ...context(), network: { ...context().network, resolveTxt: async () => values } }
      const outcomes = await Promise.allSettled(ids.map((id) => runOperation(emailDomainVerify, all, { id })))
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected'])
      assert.equal((await owned('race.example')).size, 1)
    })

    test('a record that is lost is told at once and lapses after seven days; a silent DNS changes nothing', async () => {
      const made = await create('kept.example')
      publish(made)
      await verify(made.id)
      const kept = records
      services.clock.advance(DAY)
      records = undefined
      await checkDue()
      assert.equal((await get(made.id)).status, 'verified')
      records = new Map()
      services.clock.advance(DAY)
      await checkDue()
      assert.equal((await get(made.id)).status, 'missing')
      assert.equal((await owned('kept.example')).size, 1)
      records = kept
      services.clock.advance(DAY)
      await checkDue()
      assert.equal((await get(made.id)).status, 'verified')
      records = new Map()
      for (let day = 0; day < 9; day++) {
        services.clock.advance(DAY)
        await checkDue()
      }
      assert.equal((await get(made.id)).status, 'pending')
      assert.equal((await owned('kept.example')).size, 0)
      const { data } = await context().read.events.list({ limit: 50, subjectId: made.id } as never)
      const types = data.map(({ type }) => type).reverse()
      assert.deepEqual(
        types.filter((type) => type.startsWith('email_domain.')),
        [
          ...['email_domain.created', 'email_domain.verified', 'email_domain.missing', 'email_domain.verified'],
          ...['email_domain.missing', 'email_domain.lapsed'],
        ],
      )
      records = kept
    })
  })
}
