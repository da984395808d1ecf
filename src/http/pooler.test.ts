// Two servers behind PgBouncer in transaction mode: what one of them changes is in force at the other one within a second.
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { DependentStage, HEARD_WITHIN } from '#testing/dependent-stage.ts'
import { startPgBouncer } from '#testing/pgbouncer.ts'
import { testWith } from '#testing/real-parts.ts'

/** The stage as seen from the other side: changes are made at the second server. */
function reversed({ one, other, mails, receiver }: DependentStage): DependentStage {
  return new DependentStage([other, one], mails, receiver, [])
}

async function keysAt(stage: DependentStage, base: string): Promise<string[]> {
  const reply = await fetch(`${stage.other.url}${base}/.well-known/jwks.json`)
  return ((await reply.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
}

/** What one server changes, and how long until the other one acts accordingly. */
async function changes(stage: DependentStage): Promise<void> {
  const place = await stage.place()
  const client = await stage.client(place)
  const token = await stage.mint(client)
  assert.ok(token)
  assert.equal(await stage.isActive(client, token), true)

  const body = new URLSearchParams({ token })
  const headers = { authorization: client.basic }
  const revoked = await fetch(`${stage.one.url}${client.base}/oauth/revoke`, { method: 'POST', headers, body })
  assert.equal(revoked.status, 200)
  assert.ok(await stage.becomes(false, () => stage.isActive(client, token)), 'a token that was revoked')

  const { data } = await stage.api<{ data: { kid: string; state: string }[] }>('GET', `${place.admin}/keys`)
  const active = data.filter(({ state }) => state === 'active').map(({ kid }) => kid)
  assert.ok((await keysAt(stage, place.base)).includes(active[0] ?? ''))
  await stage.api('POST', `${place.admin}/keys/rotate`, { compromised: true })
  const hasOld = async () => (await keysAt(stage, place.base)).some((kid) => active.includes(kid))
  assert.ok(await stage.becomes(false, hasOld), 'a key that was compromised')

  assert.ok(await stage.mint(client))
  await stage.api('POST', `${place.admin}/clients/${client.id}/suspend`)
  assert.ok(await stage.becomes(false, async () => (await stage.mint(client)) !== undefined), 'a suspended client')
}

describe('two servers behind PgBouncer in transaction mode', () => {
  testWith(['pgbouncer'], 'hear of each other within a second, and one that cannot says so', async (t) => {
    let pooler: Awaited<ReturnType<typeof startPgBouncer>> | undefined
    const stage = await DependentStage.open('postgres', async (url) => {
      pooler = await startPgBouncer(url)
      const pooled = { COUNTERSIGN_DATABASE_URL: pooler.url }
      return [{ ...pooled, COUNTERSIGN_DATABASE_LISTEN_URL: url }, pooled]
    })
    t.after(async () => {
      await stage.close()
      await pooler?.close()
    })
    assert.equal(HEARD_WITHIN, 1000)
    await changes(stage)
    await changes(reversed(stage))
    const feeds = await Promise.all(
      [stage.one, stage.other].map(async ({ adminUrl }) => {
        const { checks } = (await (await fetch(`${adminUrl}/health/ready`)).json()) as {
          checks: { feed: { status: string } }
        }
        return { feed: checks.feed.status, health: (await fetch(`${adminUrl}/health`)).status }
      }),
    )
    assert.deepEqual(feeds, [
      { feed: 'healthy', health: 200 },
      { feed: 'unhealthy', health: 503 },
    ])
    assert.match(stage.other.output(), /not heard.*COUNTERSIGN_DATABASE_LISTEN_URL/)
    assert.doesNotMatch(stage.one.output(), /not heard/)
  })
})
