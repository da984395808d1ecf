// The way back from one thing to its list.
import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { pageTitle } from '../lib/nav.ts'
import type { Page } from '../lib/operations.ts'
import { linkTo, useScope } from '../lib/scope.ts'

/** A link to the list. */
export function BackToList({ page }: { readonly page: Page }) {
  const scope = useScope()
  return (
    <Anchor component={Link} size="sm" {...linkTo(scope, page.slug)}>
      ‹ {pageTitle(page)}
    </Anchor>
  )
}
