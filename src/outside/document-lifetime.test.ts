// Checks how long a fetched document is kept.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lifetimeOf } from './document-lifetime.ts'

const DATE = 'Mon, 30 Nov 2026 12:00:00 GMT'

for (const [headers, milliseconds] of [
  [{}, undefined],
  [{ 'cache-control': 'public' }, undefined],
  [{ 'cache-control': 'max-age=600' }, 600_000],
  [{ 'cache-control': 'Public , Max-Age="600"' }, 600_000],
  [{ 'cache-control': 'max-age=600, s-maxage=60' }, 60_000],
  [{ 'cache-control': 'max-age=600', age: '90' }, 510_000],
  [{ 'cache-control': 'max-age=600', age: '9000' }, 0],
  [{ 'cache-control': 'max-age=600, no-cache' }, 0],
  [{ 'cache-control': 'no-store' }, 0],
  [{ 'cache-control': 'private, max-age=600' }, 0],
  [{ 'cache-control': 'max-age=-5' }, undefined],
  [{ 'cache-control': 'max-age=60, max-age=600' }, 60_000],
  [{ 'cache-control': 'max-age=99999999999999' }, 2 ** 31 * 1000],
  [{ expires: 'Mon, 30 Nov 2026 12:10:00 GMT', date: DATE }, 600_000],
  [{ expires: 'Mon, 30 Nov 2026 11:00:00 GMT', date: DATE }, 0],
  [{ expires: '0', date: DATE }, 0],
  [{ expires: 'never', date: DATE }, 0],
  [{ expires: 'Mon, 30 Nov 2026 12:10:00 GMT', 'cache-control': 'max-age=30', date: DATE }, 30_000],
] as const) {
  test(`a response with ${JSON.stringify(headers)} may be kept for ${milliseconds} ms (RFC 9111 §4.2)`, () => {
    assert.equal(lifetimeOf(headers), milliseconds)
  })
}
