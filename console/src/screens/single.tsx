// The page of something of which there is one, such as settings: what it is now, and its form.
import { Paper, Skeleton, Stack, Tabs } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../lib/api.ts'
import { may } from '../lib/me.ts'
import { pageTitle } from '../lib/nav.ts'
import { nounLine, type Page } from '../lib/operations.ts'
import { scopeInput, useScope } from '../lib/scope.ts'
import { useDetail } from '../lib/use-detail.ts'
import { Actions } from '../parts/actions.tsx'
import { AsCode } from '../parts/as-code.tsx'
import { Problem } from '../parts/broken.tsx'
import { OperationForm } from '../parts/lazy.tsx'
import type { Row } from '../parts/list-table.tsx'
import { Members } from '../parts/members.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { texts } from '../texts/texts.ts'

/** The page of one setting. */
export function SinglePage({ page }: { readonly page: Page }) {
  const scope = useScope()
  const input = scopeInput(page.main, scope)
  const queries = useQueryClient()
  const detail = useDetail(page.main)
  const [tab, setTab] = useState<string | null>('about')
  const read = async () => {
    const { value, etag } = await call(page.main.name, input)
    return { value: value as unknown as Row, etag }
  }
  const shown = useQuery({ queryKey: ['thing', page.main.name, input], queryFn: read })
  const update = may(page.update) ? page.update : undefined
  return (
    <>
      <PageHead title={pageTitle(page)} lead={nounLine(page.noun)}>
        <AsCode call={{ name: page.main.name, input }} />
        <Actions operations={[...page.others, ...page.create]} input={input} />
      </PageHead>
      {shown.isError && <Problem error={shown.error} onRetry={() => shown.refetch()} />}
      {shown.isPending && <Skeleton h={240} />}
      {shown.data && (
        <Paper withBorder p="md">
          <Tabs value={tab} onChange={setTab} keepMounted={false}>
            {update && (
              <Tabs.List mb="md">
                <Tabs.Tab value="about">{texts.item.about}</Tabs.Tab>
                <Tabs.Tab value="edit">{texts.item.edit}</Tabs.Tab>
              </Tabs.List>
            )}
            <Tabs.Panel value="about">
              <Members value={shown.data.value} schema={detail.data?.reply} />
            </Tabs.Panel>
            {update && (
              <Tabs.Panel value="edit">
                <Stack maw={720}>
                  <OperationForm
                    operation={update}
                    input={input}
                    current={{ ...shown.data, reload: read }}
                    onDone={() => {
                      setTab('about')
                      void queries.invalidateQueries()
                    }}
                  />
                </Stack>
              </Tabs.Panel>
            )}
          </Tabs>
        </Paper>
      )}
    </>
  )
}
