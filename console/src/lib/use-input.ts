// Owns the input that an operation has because of the page's scope.
import type { Name } from './api.ts'
import { operationNamed } from './operations.ts'
import { scopeInput, useScope } from './scope.ts'

/** The input of an operation in the scope of the page. */
export function useInput(name: Name): Record<string, string> {
  const operation = operationNamed(name)
  const scope = useScope()
  return operation ? scopeInput(operation, scope) : {}
}
