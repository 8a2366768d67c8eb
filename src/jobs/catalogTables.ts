/** The catalogue's schema, one script a version: never change one that was released, add the next. */
export const CATALOG_MIGRATIONS: readonly string[] = [
  `CREATE TABLE jobs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     job_id TEXT NOT NULL UNIQUE,
     status TEXT NOT NULL,
     priority INTEGER NOT NULL,
     spec TEXT NOT NULL,
     failure TEXT,
     created_at TEXT NOT NULL,
     started_at TEXT,
     finished_at TEXT,
     runner_pid INTEGER,
     runner_token TEXT,
     rows_total INTEGER NOT NULL,
     rows_done INTEGER NOT NULL DEFAULT 0,
     rows_failed INTEGER NOT NULL DEFAULT 0,
     rows_empty INTEGER NOT NULL,
     rows_truncated INTEGER NOT NULL,
     input_tokens INTEGER NOT NULL DEFAULT 0,
     output_tokens INTEGER NOT NULL DEFAULT 0,
     input_tokens_total INTEGER NOT NULL,
     longest_row_tokens INTEGER NOT NULL,
     plan TEXT
   ) STRICT;
   CREATE INDEX jobs_by_turn ON jobs (priority, seq) WHERE status NOT IN ('SUCCEEDED', 'CANCELLED', 'FAILED');
   CREATE TABLE lease (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     token TEXT NOT NULL,
     pid INTEGER NOT NULL,
     host TEXT NOT NULL,
     started TEXT NOT NULL,
     heartbeat_ms INTEGER NOT NULL
   ) STRICT;`,
  // how often a runner died over a job since its last finished row
  `ALTER TABLE jobs ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE jobs ADD COLUMN rows_at_claim INTEGER NOT NULL DEFAULT 0;`,
  // input tokens that were taken from another row's KV cache
  "ALTER TABLE jobs ADD COLUMN shared_tokens INTEGER NOT NULL DEFAULT 0;",
  // what was measured of a model on a machine, by a key of both and of the kind of job
  `CREATE TABLE calibrations (
     key TEXT PRIMARY KEY,
     model TEXT NOT NULL,
     made_at TEXT NOT NULL,
     result TEXT NOT NULL
   ) STRICT;`,
  // outputs that were cut; the commonest reasons of the rows that failed, with counts, once a job has ended
  `ALTER TABLE jobs ADD COLUMN rows_cut INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE jobs ADD COLUMN failures TEXT;`,
  // whether the job's folder holds all that its line says
  `ALTER TABLE jobs ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX jobs_not_kept ON jobs (seq) WHERE NOT is_kept;`,
  // what the runner has found a queued job to want, in words, e.g. "memory"
  "ALTER TABLE jobs ADD COLUMN waits_for TEXT;",
  // how long runners have had a job, in all, and until when that is counted, null while none has it; of what ran before that
  // was counted, the time since its first start
  `ALTER TABLE jobs ADD COLUMN run_ms INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE jobs ADD COLUMN counted_ms INTEGER;
   UPDATE jobs SET run_ms = max(0, cast(86400000 * (julianday(coalesce(finished_at, 'now')) - julianday(started_at)) AS INTEGER))
     WHERE started_at IS NOT NULL;`,
  // what endpoints have told of themselves, by address and model
  `CREATE TABLE endpoints (
     key TEXT PRIMARY KEY,
     told_at TEXT NOT NULL,
     facts TEXT NOT NULL
   ) STRICT;`,
];
