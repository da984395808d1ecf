// Checks which files of brandings are kept, and the limits of a tenant.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { SAMPLE_LOGO } from '#testing/sample-branding.ts'
import { openTestServices } from '#testing/services.ts'
import { purgeTarget } from '../purge/purge.service.ts'
import { updateBranding } from './branding.service.ts'
import { FILES_MAX, uploadBrandingFile } from './branding-file.service.ts'
import { formatOf } from './file-format.ts'

const DAY = 86_400_000
const svg = (id: string) => Buffer.from(`<svg><g id="${id}"></g></svg>`).toString('base64')

for (const dialect of DIALECTS) {
  test(`a file that no branding refers to is purged, on ${dialect}`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const files = context.read.brandingFiles
    const purge = async (later: number) =>
      (
        await purgeTarget(context, 'branding-files', services.clock.now() + later, {
          deadline: { isOver: () => false },
        })
      ).rows
    const logo = await uploadBrandingFile(context, { as: 'logo', content: SAMPLE_LOGO.toString('base64'), use: true })
    const draft = await uploadBrandingFile(context, { as: 'logo', content: svg('draft'), use: false })
    assert.equal(await purge(0), 0)
    assert.equal(await purge(DAY), 1)
    assert.deepEqual([(await files.find(logo.file))?.length, await files.find(draft.file)], [logo.bytes, undefined])
    // The other tenant-wide branding refers to it, too.
    const tenantWide = services.contextFor({ realm: null })
    await uploadBrandingFile(tenantWide, { as: 'favicon', content: SAMPLE_LOGO.toString('base64'), use: true })
    await updateBranding(context, { logo: null })
    assert.equal(await purge(DAY), 0)
    await context.write((unit) => unit.brandings.removeAll(services.clock.now()))
    assert.equal(await purge(DAY), 1)
  })
}

test('a tenant has so many files and no more; the same content counts once', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  for (let count = 0; count < FILES_MAX.files; count++) {
    await uploadBrandingFile(context, { as: 'logo', content: svg(`a${count}`), use: false })
  }
  await uploadBrandingFile(context, { as: 'logo', content: svg('a0'), use: false })
  await assert.rejects(
    uploadBrandingFile(context, { as: 'logo', content: svg('more'), use: false }),
    (error) => error instanceof Failure && error.code === 'limit_reached',
  )
})

test('what stands before an SVG image is skipped in one pass', { timeout: 20_000 }, () => {
  const formatIn = (text: string) => formatOf(Buffer.from(text))
  assert.equal(formatIn('\ufeff <?xml version="1.0"?>\n<!-- a <svg> --> <svg width="1"/>'), 'svg')
  assert.equal(formatIn('<!-- <svg> '), undefined)
  assert.equal(formatIn('<svgs>'), undefined)
  assert.equal(formatIn('<!-- -->'.repeat(500)), undefined)
  assert.equal(formatIn(`${'<?xml ?> '.repeat(400)}<p>`), undefined)
})
