// The page of one thing.
import { Group } from '@mantine/core'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Suspense } from 'react'
import { may } from '../lib/me.ts'
import { type Page, pageAt } from '../lib/operations.ts'
import { nameOf } from '../lib/schema.ts'
import { linkTo, useScope } from '../lib/scope.ts'
import { title } from '../lib/words.ts'
import { BackToList } from '../parts/back-to-list.tsx'
import { type BlastProps, RevokeAll } from '../parts/blast-radius.tsx'
import { Unknown } from '../parts/broken.tsx'
import { State } from '../parts/cell.tsx'
import { Copyable } from '../parts/copyable.tsx'
import { Item, useThing } from '../parts/item.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { handMadeItem } from './hand-made.ts'

/** What a revocation can begin with. */
const REVOKED: Readonly<Record<string, BlastProps['member']>> = {
  agent: 'agent_id',
  session: 'session_id',
  grant: 'grant_id',
  issuance: 'token_id',
}

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

function Whole({ page, keyText }: { readonly page: Page; readonly keyText: string }) {
  const { query } = useThing(page, keyText)
  const scope = useScope()
  const navigate = useNavigate()
  const thing = query.data?.value
  const member = REVOKED[page.noun]
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
      >
        {member && <RevokeAll member={member} id={String(thing?.id ?? keyText)} name={nameOf(thing) || keyText} />}
      </PageHead>
      <Item page={page} keyText={keyText} onGone={() => void navigate(linkTo(scope, page.slug))} />
    </>
  )
}
