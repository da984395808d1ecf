// Lists the source files that name another product, and fails if one is in the wrong place: a product's words belong to
// its surface, to its command line, to `src/kernel/product-words.ts`, and to tests.
import { sourceFiles, sourceText } from './imports.ts'

const NAMES = /scaikey|zautha|shark[-_]?auth|auth_?plane|sem_?auth/i
const PLACES = /^(?:surfaces\/|cli\/authserver\/|testing\/|kernel\/product-words\.ts$)/

/** The source files that name a product, below `src/`. */
export function filesWithProductNames(): string[] {
  return sourceFiles().filter((file) => NAMES.test(sourceText(file)))
}

/** Those of them that are in the wrong place. */
export function misplacedProductNames(): string[] {
  return filesWithProductNames().filter((file) => !PLACES.test(file))
}

if (import.meta.main) {
  const misplaced = misplacedProductNames()
  console.log(
    `files that name a product: ${filesWithProductNames().length}; misplaced: ${misplaced.length} (at most 0)`,
  )
  for (const file of misplaced) console.log(`  ${file}`)
  if (misplaced.length > 0) process.exitCode = 1
}
