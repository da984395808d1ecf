// Starts the command line. It loads only the modules that the command needs, so that it starts fast.
import { readFileSync } from 'node:fs'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const argv = process.argv.slice(2)

if (argv.length === 1 && /^(-V|-v|--version|version)$/.test(argv[0] ?? '')) {
  process.stdout.write(`${version}\n`)
} else {
  const [{ run }, { processTerminal }, { systemClock }, { environment }] = await Promise.all([
    import('#cli/run.ts'),
    import('#cli/terminal.ts'),
    import('#outside/clock.ts'),
    import('#outside/environment.ts'),
  ])
  const terminal = processTerminal(environment)
  process.exitCode = await run(argv, {
    terminal,
    version,
    now: systemClock.now,
    doctor: async (options) => {
      const [{ examine }, { inspectDatabase }] = await Promise.all([
        import('#cli/doctor/doctor.ts'),
        import('#database/inspect.ts'),
      ])
      return examine(options, { terminal, version, now: systemClock.now, inspectDatabase })
    },
  })
}
