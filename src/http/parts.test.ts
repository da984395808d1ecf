// Checks how forms with files are read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readParts } from './body.ts'

test('a form with files is texts and files', async () => {
  const form = new FormData()
  form.set('name', 'Logo')
  form.set('logo', new File(['<svg/>'], 'l.svg', { type: 'image/svg+xml' }))
  const request = new Request('http://x.example/', { method: 'POST', body: form })
  const type = request.headers.get('content-type') ?? ''
  const parts = (await readParts(type, Buffer.from(await request.arrayBuffer()))) as { name: string; logo: File }
  assert.deepEqual([parts.name, parts.logo.name, await parts.logo.text()], ['Logo', 'l.svg', '<svg/>'])
  await assert.rejects(readParts('application/json', Buffer.from('{}')), { code: 'unsupported_media_type' })
  await assert.rejects(readParts('multipart/form-data; boundary=x', Buffer.from('nothing')), {
    code: 'invalid_request',
  })
})
