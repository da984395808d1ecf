// Starts the command line. It loads only the modules that the command needs, so that it starts fast.
import { readFileSync } from 'node:fs'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const argv = process.argv.slice(2)

if (argv.length === 1 && /^(-V|-v|--version|version)$/.test(argv[0] ?? '')) {
  process.stdout.write(`${version}\n`)
} else if (argv[0] === 'authserver') {
  const [{ runAuthserver }, { processTerminal }, { environment }] = await Promise.all([
    import('#cli/authserver/run.ts'),
    import('#cli/terminal.ts'),
    import('#outside/environment.ts'),
  ])
  process.exitCode = await runAuthserver(argv.slice(1), { terminal: processTerminal(environment), version })
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
    copies: async () => {
      const [{ COPY_FILES: files, copyDatabase: copy, restoreDatabase: restore }, { MIGRATIONS: migrations }] =
        await Promise.all([import('#database/backup.ts'), import('#database/migrations/timeline.ts')])
      return { files, migrations, copy, restore }
    },
    doctor: async (options) => {
      const [{ examine }, { inspectDatabase }] = await Promise.all([
        import('#cli/doctor/doctor.ts'),
        import('#database/inspect.ts'),
      ])
      return examine(options, { terminal, version, now: systemClock.now, inspectDatabase })
    },
  })
}
