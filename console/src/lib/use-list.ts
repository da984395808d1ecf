// Owns how a screen reads a list that its caller may see.
import { useQuery } from '@tanstack/react-query'
import type { Operations } from '../made/types.ts'
import { call, type Name } from './api.ts'
import { may } from './me.ts'
import { operationNamed } from './operations.ts'
import { isInScope, scopeInput, useScope } from './scope.ts'

type ListName = { [N in Name]: Operations[N]['reply'] extends { data: readonly unknown[] } ? N : never }[Name]

/** The first page of a list; `isShown` says whether the caller may see it. */
export function useList<N extends ListName>(name: N, input: Readonly<Record<string, unknown>> = {}) {
  const scope = useScope()
  const operation = operationNamed(name)
  const isShown = may(operation) && isInScope(operation, scope)
  const all = { ...(operation && scopeInput(operation, scope)), ...input }
  const query = useQuery({
    queryKey: ['list', name, all],
    enabled: isShown,
    queryFn: async () => (await call(name, all)).value as Operations[N]['reply'],
  })
  const { data } = (query.data ?? {}) as { data?: readonly unknown[] }
  type Item = Operations[N]['reply'] extends { data: readonly (infer I)[] } ? I : never
  return { ...query, isShown, rows: data as readonly Item[] | undefined, input: all }
}
