// Prints how many paths are served that are not in the table of routes, and which.
import { openServedPaths } from '#testing/served-paths.ts'

const { served, table, close } = await openServedPaths()
const missing = [...served].filter((key) => !table.has(key))
console.log(`paths served but not in the table: ${missing.length} of ${served.size}`)
for (const key of missing) console.log(`  ${key}`)
await close()
if (missing.length > 0) process.exitCode = 1
