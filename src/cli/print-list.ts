// Prints the items of a list: a table, or one document for any number of pages.
import type { Command } from './catalog.ts'
import type { Choices } from './choices.ts'
import { columnsOf, renderTable } from './table.ts'
import type { Terminal } from './terminal.ts'
import { harmless, json } from './text.ts'
import { yaml } from './yaml.ts'

type Thing = Readonly<Record<string, unknown>>

/** Takes the pages of a list, and prints them as they come, or all at the end. */
export interface ListPrinter {
  add(things: readonly Thing[]): void
  end(cursor: string | null): void
}

/** The printer for the format that a command asks for. */
export function printerOf(
  command: Command,
  { json: asJson, yaml: asYaml, quiet, wide }: Choices,
  terminal: Terminal,
): ListPrinter {
  const more = (cursor: string | null) => {
    if (cursor !== null)
      terminal.note(`There are more items. --all shows all; --cursor ${harmless(cursor)} shows the next page.`)
  }
  if (asJson) return jsonPrinter(terminal)
  if (asYaml) return yamlPrinter(terminal)
  if (quiet) {
    return {
      add(things) {
        for (const thing of things) terminal.out(`${harmless(String(thing[command.key] ?? ''))}\n`)
      },
      end: more,
    }
  }
  const all: Thing[] = []
  return {
    add: (things) => all.push(...things),
    end(cursor) {
      if (all.length > 0) terminal.out(renderTable(columnsOf(command, all, wide === true), all, terminal))
      else terminal.note('None.')
      more(cursor)
    },
  }
}

/** Prints one JSON document in the form of a page for any number of pages, without keeping them in memory. */
function jsonPrinter(terminal: Terminal): ListPrinter {
  let before = '{"data":['
  return {
    add(things) {
      for (const thing of things) {
        terminal.out(`${before}\n${json(thing)}`)
        before = ','
      }
    },
    end(cursor) {
      const start = before === ',' ? '\n' : before
      terminal.out(`${start}],"next_cursor":${json(cursor)}}\n`)
    },
  }
}

/** Prints one YAML document in the form of a page, without keeping the pages in memory. */
function yamlPrinter(terminal: Terminal): ListPrinter {
  let before = 'data:\n'
  return {
    add(things) {
      if (things.length === 0) return
      terminal.out(`${before}${yaml(things)}`)
      before = ''
    },
    end(cursor) {
      terminal.out(`${before === '' ? '' : 'data: []\n'}${yaml({ next_cursor: cursor })}`)
    },
  }
}
