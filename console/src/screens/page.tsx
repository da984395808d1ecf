// The page at an address: made by hand where somebody made one, otherwise from the operations.
import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { may } from '../lib/me.ts'
import { pageAt } from '../lib/operations.ts'
import { Unknown } from '../parts/broken.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { handMade } from './hand-made.ts'
import { ListPage } from './list.tsx'
import { SinglePage } from './single.tsx'

const OperationScreen = lazy(() => import('./operation.tsx').then((module) => ({ default: module.OperationScreen })))

/** The page of the address. */
export function PageScreen() {
  const { page: slug = '' } = useParams({ strict: false }) as { page?: string }
  const own = handMade(slug)
  if (own) {
    const Own = own
    return (
      <Suspense fallback={null}>
        <Own key={slug} />
      </Suspense>
    )
  }
  const page = pageAt(slug)
  if (!page) return <Unknown />
  if (!may(page.main)) return <NotAllowed operation={page.main} />
  if (page.kind === 'list') return <ListPage key={slug} page={page} />
  if (page.kind === 'single') return <SinglePage key={slug} page={page} />
  return (
    <Suspense fallback={null}>
      <OperationScreen key={slug} name={page.main.name} />
    </Suspense>
  )
}
