// The differences between the databases that a query or a table definition could notice.
import type {
  ColumnDataType,
  ConnectionProvider,
  CreateTableBuilder,
  DatabaseConnection,
  Dialect,
  DialectAdapter,
  Driver,
  RawBuilder,
  SelectModifierNode,
} from 'kysely'
import {
  CompiledQuery,
  DefaultQueryExecutor,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { Schema } from './schema.ts'

// A query must not use a feature whose difference is not removed here: LIKE (SQLite ignores the case of ASCII letters),
// JSON operators, booleans, date types.

/** The SQL that one database needs for what tables are made of. */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres'
  /** Text that compares and sorts by its bytes on both, so that a UUID keyset and a prefix range mean the same. */
  readonly text: RawBuilder<string> | ColumnDataType
  readonly bytes: ColumnDataType
  /** 64 bits on both; they arrive as JavaScript numbers. */
  readonly integer: ColumnDataType
  /** How a transaction that is going to write begins. */
  readonly begin: string
  /** Ends a table's definition. `clustered`: the rows lie in the order of the primary key, where the database can. */
  readonly finish: (table: CreateTableBuilder<string>, clustered: boolean) => CreateTableBuilder<string>
  readonly kysely: Pick<Dialect, 'createAdapter' | 'createQueryCompiler' | 'createIntrospector'>
}

class SingleWriterQueryCompiler extends SqliteQueryCompiler {
  /** `for update` is not part of SQLite, and has no use where there is one writer. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier === 'Distinct' || node.rawModifier) super.visitSelectModifier(node)
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  /** SQLite supports it although Kysely denies it. A migration that fails half-way leaves nothing. */
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

export const SQLITE: SqlDialect = {
  name: 'sqlite',
  text: 'text',
  bytes: 'blob',
  integer: 'integer',
  begin: 'begin immediate',
  finish: (table, clustered) => table.modifyEnd(clustered ? sql`strict, without rowid` : sql`strict`),
  kysely: {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createQueryCompiler: () => new SingleWriterQueryCompiler(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  },
}

export const POSTGRES: SqlDialect = {
  name: 'postgres',
  text: sql`text collate "C"`,
  bytes: 'bytea',
  integer: 'bigint',
  begin: 'begin',
  finish: (table) => table,
  kysely: {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
  },
}

const refuse = (): never => {
  throw new Error('Transactions are opened by Database.write only.')
}

const NO_DRIVER: Driver = {
  init: async () => {},
  acquireConnection: refuse,
  beginTransaction: refuse,
  commitTransaction: refuse,
  rollbackTransaction: refuse,
  releaseConnection: async () => {},
  destroy: async () => {},
}

/** A factory of query builders whose queries run where `provideConnection` says; it opens no transactions. */
export function queriesOf(
  dialect: SqlDialect,
): (provideConnection: ConnectionProvider['provideConnection']) => Kysely<Schema> {
  const adapter: DialectAdapter = dialect.kysely.createAdapter()
  const compiler = dialect.kysely.createQueryCompiler()
  const dialectWithoutDriver: Dialect = { ...dialect.kysely, createDriver: () => NO_DRIVER }
  const config = { dialect: dialectWithoutDriver }
  return (provideConnection) =>
    new Kysely<Schema>({
      config,
      dialect: dialectWithoutDriver,
      driver: NO_DRIVER,
      executor: new DefaultQueryExecutor(compiler, adapter, { provideConnection }),
    })
}

/** A query builder with transactions, over one connection of its own, for migrations. */
export function exclusiveQueries(dialect: SqlDialect, connection: DatabaseConnection): Kysely<Schema> {
  const execute = async (statement: string) => void (await connection.executeQuery(CompiledQuery.raw(statement)))
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: () => execute(dialect.begin),
    commitTransaction: () => execute('commit'),
    rollbackTransaction: () => execute('rollback'),
    releaseConnection: async () => {},
    destroy: async () => {},
  }
  return new Kysely<Schema>({ dialect: { ...dialect.kysely, createDriver: () => driver } })
}
