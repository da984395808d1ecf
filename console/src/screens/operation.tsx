// Any operation as a page with its form, so that nothing is out of reach.
import { Paper } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { may } from '../lib/me.ts'
import { type Operation, operationNamed } from '../lib/operations.ts'
import { useDetail } from '../lib/use-detail.ts'
import { Unknown } from '../parts/broken.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { OperationScreenOf } from '../parts/operation-box.tsx'
import { PageHead } from '../parts/page-head.tsx'

/** The page of an operation. */
export function OperationScreen({ name }: { readonly name?: string }) {
  const { operation: asked = '' } = useParams({ strict: false }) as { operation?: string }
  const operation = operationNamed(name ?? asked)
  if (!operation) return <Unknown />
  if (!may(operation)) return <NotAllowed operation={operation} />
  return <Known operation={operation} />
}

function Known({ operation }: { readonly operation: Operation }) {
  const detail = useDetail(operation)
  return (
    <>
      <PageHead title={operation.summary} lead={detail.data?.description} />
      <Paper withBorder p="md" maw={760}>
        <OperationScreenOf operation={operation} />
      </Paper>
    </>
  )
}
