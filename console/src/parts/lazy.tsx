// Parts that are loaded when they are first shown.
import { Loader } from '@mantine/core'
import { type ComponentProps, lazy, Suspense } from 'react'
import type { OperationDialog as Dialog } from './operation-dialog.tsx'
import type { OperationForm as Form } from './operation-form.tsx'

const LazyDialog = lazy(() => import('./operation-dialog.tsx').then((module) => ({ default: module.OperationDialog })))
const LazyForm = lazy(() => import('./operation-form.tsx').then((module) => ({ default: module.OperationForm })))

/** The dialog of an operation. */
export function OperationDialog(props: ComponentProps<typeof Dialog>) {
  return (
    <Suspense fallback={null}>
      <LazyDialog {...props} />
    </Suspense>
  )
}

/** The form of an operation. */
export function OperationForm(props: ComponentProps<typeof Form>) {
  return (
    <Suspense fallback={<Loader size="sm" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}
