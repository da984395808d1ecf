// Runs a bench from the command line, and removes its files however it ends.
import { rmSync } from 'node:fs'

/**
 * Reads the options and runs the bench. An error is printed and makes the exit code 1.
 * @param read throws if the arguments are not valid
 */
export async function runBench<Options extends { readonly directory: string }>(
  read: (args: string[]) => Options,
  bench: (options: Options) => Promise<void>,
): Promise<void> {
  process.once('SIGTERM', () => process.exit(143))
  process.once('SIGINT', () => process.exit(130))
  let options: Options | undefined
  try {
    options = read(process.argv.slice(2))
    await bench(options)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    if (options !== undefined) rmSync(options.directory, { recursive: true, force: true })
  }
}
