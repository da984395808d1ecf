// The operations on directories.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf, listQuery } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { DirectoryView } from './directory.ts'

export const directoryList = operation({
  name: 'directory.list',
  summary: 'List directories',
  description: 'A directory is a set of users. A new realm gets its own directory.',
  permission: 'directories:read',
  reach: 'tenant',
  input: listQuery('created_at'),
  output: listOf(DirectoryView),
  errors: [],
  events: [],
  run: ({ read }, page) => read.directories.list(page),
})

export const directoryGet = operation({
  name: 'directory.get',
  summary: 'Show a directory',
  permission: 'directories:read',
  reach: 'tenant',
  input: z.strictObject({ id: idOf('directory') }),
  output: DirectoryView,
  errors: ['not_found'],
  events: [],
  run: async ({ read }, { id }) => {
    const directory = await read.directories.find(id)
    if (!directory) throw new Failure('not_found')
    return directory
  },
})
