// The signing keys of a realm on a line of time: when each is published and when it signs.
import { Group, Text } from '@mantine/core'
import { day } from '../lib/format.ts'
import { type Page, pageAt } from '../lib/operations.ts'
import { useList } from '../lib/use-list.ts'
import { Card } from '../parts/card.tsx'
import { State } from '../parts/cell.tsx'
import { texts } from '../texts/texts.ts'
import { ListPage } from './list.tsx'

const WEEK = 7 * 86_400_000
const WIDTH = 700
const ROW = 34

/** The page of the keys: the line above the list. */
export function KeysScreen() {
  return (
    <>
      <ListPage page={pageAt('keys') as Page} />
      <Timeline />
    </>
  )
}

function Timeline() {
  const keys = useList('key.list', { retired: true })
  const rows = keys.rows ?? []
  if (rows.length === 0) return null
  const now = Date.now()
  const times = rows.flatMap((one) =>
    [one.published_at, one.activates_at, one.activated_at, one.retires_at].flatMap((at) =>
      at ? [Date.parse(at)] : [],
    ),
  )
  const from = Math.min(now - WEEK, ...times)
  const to = Math.max(now + WEEK, ...times)
  const x = (time: number) => ((time - from) / (to - from)) * WIDTH
  return (
    <div style={{ marginTop: 16 }}>
      <Card title={texts.keys.timeline}>
        {rows.map((one) => {
          const published = Date.parse(one.published_at)
          const signs = one.activated_at ? Date.parse(one.activated_at) : undefined
          const ends = one.retires_at ? Date.parse(one.retires_at) : to
          const stops =
            one.state === 'retiring' || one.state === 'retired'
              ? Math.min(ends, now)
              : one.state === 'active'
                ? to
                : undefined
          return (
            <Group key={one.id} wrap="nowrap" gap="sm" mb={6}>
              <div style={{ width: 190, flex: 'none' }}>
                <Text size="xs" className="mono clip" title={one.kid}>
                  {one.kid}
                </Text>
                <Group gap={4}>
                  <State value={one.state} />
                  <Text size="xs" c="dimmed">
                    {one.algorithm}
                  </Text>
                </Group>
              </div>
              <svg
                viewBox={`0 0 ${WIDTH} ${ROW}`}
                width="100%"
                height={ROW}
                preserveAspectRatio="none"
                role="img"
                aria-label={texts.keys.line(one.kid, one.state, day(published))}
              >
                <rect
                  x={x(published)}
                  y={11}
                  width={Math.max(4, x(ends) - x(published))}
                  height={12}
                  rx={3}
                  fill="var(--mantine-color-gray-4)"
                />
                {signs !== undefined && stops !== undefined && (
                  <rect
                    x={x(signs)}
                    y={8}
                    width={Math.max(4, x(stops) - x(signs))}
                    height={18}
                    rx={3}
                    fill="var(--mantine-color-indigo-6)"
                  />
                )}
                <line x1={x(now)} x2={x(now)} y1={0} y2={ROW} stroke="var(--mantine-color-red-6)" strokeWidth={2} />
              </svg>
            </Group>
          )
        })}
        <Text size="xs" c="dimmed">
          {texts.keys.legend(day(from), day(to))}
        </Text>
      </Card>
    </div>
  )
}
