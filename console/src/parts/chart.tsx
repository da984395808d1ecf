// A small area chart, drawn as SVG in the colours of the theme, with a table behind a button.
import { Button, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { number } from '../lib/format.ts'
import { texts } from '../texts/texts.ts'

/** One line of the chart. */
export interface Series {
  readonly name: string
  readonly color: string
  readonly values: readonly number[]
  readonly isFilled?: boolean
}

export interface ChartProps {
  readonly label: string
  readonly points: readonly string[]
  readonly series: readonly Series[]
}

const WIDTH = 760
const HEIGHT = 220
const LEFT = 40
const BELOW = 24

/** The chart. Hovering or moving with the arrows says the values of a point. */
export function Chart({ label, points, series }: ChartProps) {
  const [at, setAt] = useState<number>()
  const [isTable, setTable] = useState(false)
  if (points.length < 2) return null
  const most = niceTop(Math.max(1, ...series.flatMap(({ values }) => values)))
  const x = (index: number) => LEFT + (index * (WIDTH - LEFT - 4)) / (points.length - 1)
  const y = (value: number) => 8 + (HEIGHT - BELOW - 8) * (1 - value / most)
  const line = (values: readonly number[]) =>
    values.map((value, index) => `${index === 0 ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join('')
  const every = Math.ceil(points.length / 8)
  return (
    <div>
      {isTable ? (
        <Table.ScrollContainer minWidth={300} mah={240}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th />
                {series.map(({ name }) => (
                  <Table.Th key={name}>{name}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {points.map((point, index) => (
                <Table.Tr key={point}>
                  <Table.Td>{point}</Table.Td>
                  {series.map(({ name, values }) => (
                    <Table.Td key={name}>{values[index]}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      ) : (
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          width="100%"
          role="img"
          aria-label={label}
          onPointerLeave={() => setAt(undefined)}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect()
            const share = (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - 4)
            setAt(Math.max(0, Math.min(points.length - 1, Math.round(share * (points.length - 1)))))
          }}
        >
          {[0, 0.5, 1].map((share) => (
            <g key={share}>
              <line
                x1={LEFT}
                x2={WIDTH}
                y1={y(share * most)}
                y2={y(share * most)}
                stroke="var(--mantine-color-default-border)"
              />
              <text
                x={LEFT - 8}
                y={y(share * most) + 4}
                textAnchor="end"
                fontSize="11"
                fill="var(--mantine-color-dimmed)"
              >
                {number(share * most)}
              </text>
            </g>
          ))}
          {points.map((point, index) =>
            index % every === 0 ? (
              <text
                key={point}
                x={x(index)}
                y={HEIGHT - 4}
                textAnchor={index === 0 ? 'start' : 'middle'}
                fontSize="11"
                fill="var(--mantine-color-dimmed)"
              >
                {point}
              </text>
            ) : null,
          )}
          {series.map(({ name, color, values, isFilled }) => (
            <g key={name}>
              {isFilled && (
                <path
                  d={`${line(values)}L${x(values.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`}
                  fill={color}
                  opacity={0.12}
                />
              )}
              <path d={line(values)} fill="none" stroke={color} strokeWidth="2" strokeLinejoin="round" />
            </g>
          ))}
          {at !== undefined && (
            <g>
              <line
                x1={x(at)}
                x2={x(at)}
                y1={8}
                y2={HEIGHT - BELOW}
                stroke="var(--mantine-color-dimmed)"
                strokeDasharray="3 3"
              />
              {series.map(({ name, color, values }) => (
                <circle key={name} cx={x(at)} cy={y(values[at] ?? 0)} r="3.5" fill={color} />
              ))}
            </g>
          )}
        </svg>
      )}
      <div style={{ display: 'flex', gap: 16, flexWrap: 'wrap', alignItems: 'center', minHeight: 30 }}>
        {series.map(({ name, color, values }) => (
          <Text key={name} size="xs" component="span">
            <span className="dot" style={{ background: color }} />
            {name}
            {at !== undefined && `: ${number(values[at] ?? 0)}`}
          </Text>
        ))}
        {at !== undefined && (
          <Text size="xs" c="dimmed" component="span">
            {points[at]}
          </Text>
        )}
        <Button variant="subtle" size="compact-xs" ml="auto" onClick={() => setTable(!isTable)}>
          {isTable ? texts.overview.asChart : texts.overview.asTable}
        </Button>
      </div>
    </div>
  )
}

function niceTop(most: number): number {
  const size = 10 ** Math.floor(Math.log10(most))
  const top = [1, 2, 4, 5, 10].find((step) => step * size >= most) ?? 10
  return Math.max(2, top * size)
}
