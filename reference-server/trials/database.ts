/** A relational database of users and sessions, as a typical login service has one. */
export interface Database {
  /** What it is, with its version. */
  readonly name: string;
  /** Rows of one statement with $1, $2, ... */
  query(sql: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

const SCHEMA = [
  'DROP TABLE IF EXISTS gwrk_bench_sessions, gwrk_bench_users',
  'CREATE TABLE gwrk_bench_users (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, banned BOOLEAN NOT NULL)',
  'CREATE TABLE gwrk_bench_sessions (id TEXT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES gwrk_bench_users, created TIMESTAMPTZ NOT NULL)',
];

const POOL = 10;

/** Opens PostgreSQL at the URL, or without one the embedded PGlite, with so many users. Rejects when the package is absent. */
export async function openDatabase(url: string | undefined, users: number): Promise<Database> {
  const database = url === undefined ? await embedded() : await remote(url);
  for (const statement of SCHEMA) await database.query(statement, []);
  const insert = "INSERT INTO gwrk_bench_users SELECT n, 'p' || n, 'player', false FROM generate_series(0, $1::bigint - 1) AS n";
  await database.query(insert, [users]);
  await database.query('ANALYZE gwrk_bench_users', []);
  return database;
}

async function embedded(): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite');
  const database = await PGlite.create();
  return {
    name: 'PGlite, in its own process memory',
    query: async (sql, values) => (await database.query<Record<string, unknown>>(sql, [...values])).rows,
    close: () => database.close(),
  };
}

async function remote(url: string): Promise<Database> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({ connectionString: url, max: POOL });
  // A connection that breaks while it waits in the pool is replaced by the next query.
  pool.on('error', () => {});
  return {
    name: `PostgreSQL by pg, a pool of ${POOL}`,
    query: async (sql, values) => (await pool.query<Record<string, unknown>>(sql, [...values])).rows,
    close: async () => {
      await pool.query('DROP TABLE IF EXISTS gwrk_bench_sessions, gwrk_bench_users');
      await pool.end();
    },
  };
}
