// Owns how a screen gets the schemas of an operation.
import { useQuery } from '@tanstack/react-query'
import type { Operation } from './operations.ts'
import { detailOf } from './schema.ts'

/** The schemas of an operation. */
export const useDetail = (operation: Operation) =>
  useQuery({
    queryKey: ['schema', operation.name],
    queryFn: () => detailOf(operation),
    staleTime: Number.POSITIVE_INFINITY,
  })
