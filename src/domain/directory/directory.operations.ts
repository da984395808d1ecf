import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { DirectoryView } from './directory.ts'

export const directoryList = operation({
  name: 'directory.list',
  summary: 'List directories',
  description: 'A directory holds users. A realm that is created gets one of its own.',
  permission: 'directories:read',
  reach: 'tenant',
  input: PageQuery,
  output: pageOf(DirectoryView),
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
