// The page of one thing.
import { Anchor, Group } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Suspense } from 'react'
import { may } from '../lib/me.ts'
import { pageTitle } from '../lib/nav.ts'
import { type Page, pageAt } from '../lib/operations.ts'
import { nameOf } from '../lib/schema.ts'
import { linkTo, useScope } from '../lib/scope.ts'
import { title } from '../lib/words.ts'
import { Unknown } from '../parts/broken.tsx'
import { State } from '../parts/cell.tsx'
import { Copyable } from '../parts/copyable.tsx'
import { Item, useThing } from '../parts/item.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { handMadeItem } from './hand-made.ts'

/** The page of the address. */
export function ItemScreen() {
  const { page: slug = '', key = '' } = useParams({ strict: false }) as { page?: string; key?: string }
  const page = pageAt(slug)
  if (!page || page.keys.length === 0) return <Unknown />
  const shown = page.get ?? page.main
  if (!may(shown)) return <NotAllowed operation={shown} />
  const Own = handMadeItem(slug)
  if (Own) {
    return (
      <Suspense fallback={null}>
        <Own key={key} id={key} />
      </Suspense>
    )
  }
  return <Whole key={key} page={page} keyText={key} />
}

/** The way back to the list. */
export function BackToList({ page }: { readonly page: Page }) {
  const scope = useScope()
  return (
    <Anchor component={Link} size="sm" {...linkTo(scope, page.slug)}>
      ‹ {pageTitle(page)}
    </Anchor>
  )
}

function Whole({ page, keyText }: { readonly page: Page; readonly keyText: string }) {
  const { query } = useThing(page, keyText)
  const scope = useScope()
  const navigate = useNavigate()
  const thing = query.data?.value
  const status = typeof thing?.status === 'string' ? thing.status : undefined
  return (
    <>
      <BackToList page={page} />
      <PageHead
        title={nameOf(thing) || title(page.noun)}
        beside={status && <State value={status} />}
        lead={
          <Group gap="xs">
            <Copyable text={String(thing?.id ?? keyText)} />
          </Group>
        }
      />
      <Item page={page} keyText={keyText} onGone={() => void navigate(linkTo(scope, page.slug))} />
    </>
  )
}
