// Prints the number of import cycles, including imports of types, and the files of each cycle.
import { cyclesOf, importsOf, sourceFiles } from './imports.ts'

const cycles = cyclesOf(sourceFiles().flatMap(importsOf))
console.log(`cycles with types: ${cycles.length}`)
for (const files of cycles) console.log(`  ${files.length} files: ${files.join(' ')}`)
if (cycles.length > 0) process.exitCode = 1
