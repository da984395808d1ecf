// Bundles the console. `node bundle.ts <folder> <OpenAPI document>`
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import { make } from './made.ts'

const [, , outDir = '', document = ''] = process.argv

make(document, join(import.meta.dirname, 'src', 'made'))
await build({
  configFile: false,
  root: import.meta.dirname,
  base: '/admin/ui/',
  logLevel: 'warn',
  html: { cspNonce: '__NONCE__' },
  plugins: [react()],
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    manifest: 'manifest.json',
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
})
