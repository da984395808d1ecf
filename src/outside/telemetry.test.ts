// Checks the metrics.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './telemetry.ts'

test('requests are counted by method, route and class of status, in cumulative buckets', async () => {
  const metrics = createMetrics()
  metrics.request('POST', '/oauth2/token', 200, 0.0009)
  metrics.request('POST', '/oauth2/token', 201, 0.004)
  metrics.request('POST', '/oauth2/token', 200, 99)
  metrics.request('POST', '/oauth2/token', 401, 0.001)
  metrics.request('PROPFIND', '(unknown)', 404, 0.001)
  metrics.request('BREW', '(unknown)', 499, 0.001)
  const body = await metrics.text()
  metrics.close()

  assert.match(metrics.contentType, /^text\/plain/)
  const value = (name: string, labels: string) =>
    Number(
      body
        .split('\n')
        .find((line) => line.startsWith(`countersign_http_request_duration_seconds_${name}{${labels}`))
        ?.split(' ')
        .at(-1),
    )
  const ok = 'method="POST",route="/oauth2/token",status="2xx"'
  assert.equal(value('bucket', `${ok},le="0.001"`), 1)
  assert.equal(value('bucket', `${ok},le="0.0025"`), 1)
  assert.equal(value('bucket', `${ok},le="0.005"`), 2)
  assert.equal(value('bucket', `${ok},le="10"`), 2)
  assert.equal(value('bucket', `${ok},le="+Inf"`), 3)
  assert.equal(value('count', ok), 3)
  assert.ok(Math.abs(value('sum', ok) - 99.0049) < 1e-9)
  assert.equal(value('bucket', 'method="POST",route="/oauth2/token",status="4xx",le="0.001"'), 1)
  assert.equal(value('count', 'method="other",route="(unknown)",status="4xx"'), 2)
})

test('the process is measured', async () => {
  const metrics = createMetrics()
  const body = await metrics.text()
  metrics.close()
  assert.match(body, /^process_resident_memory_bytes \d+/m)
  assert.match(body, /^nodejs_eventloop_lag_seconds /m)
})

test('however many routes there are, the series are bounded and a hostile one is escaped', async () => {
  const metrics = createMetrics()
  metrics.request('GET', '/a"} 1\nfake{x="', 200, 0.1)
  for (let route = 0; route < 5000; route++) metrics.request('GET', `/route/${route}`, 200, 0.1)
  const body = await metrics.text()
  metrics.close()
  assert.doesNotMatch(body, /^fake/m)
  const counts = body.match(/^countersign_http_request_duration_seconds_count.*$/gm) ?? []
  assert.ok(counts.length <= 2001, `${counts.length} series`)
  assert.match(counts.at(-1) ?? '', /route="\(other\)".* 3001$/)
})
