/** A job file's schema, one script a version: never change one that was released, add the next.
 *  `rows`: prompts in input order; their `tokens` nobody reads, and to drop the column would write each old job's prompts anew.
 *  `batches`: the input rows themselves, as they were read, where the input was a table. `results`: at most one a row, which the
 *  primary key holds. */
export const JOB_MIGRATIONS: readonly string[] = [
  `CREATE TABLE rows (
     i INTEGER PRIMARY KEY,
     prompt TEXT,
     tokens INTEGER NOT NULL
   );
   CREATE TABLE batches (
     first INTEGER PRIMARY KEY,
     row_count INTEGER NOT NULL,
     format TEXT NOT NULL,
     bytes BLOB NOT NULL
   ) STRICT;
   CREATE TABLE results (
     i INTEGER PRIMARY KEY REFERENCES rows (i),
     output TEXT,
     error TEXT,
     logprob REAL,
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     CHECK ((output IS NULL) <> (error IS NULL))
   );
   CREATE TABLE sealed (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     row_count INTEGER NOT NULL
   ) STRICT;`,
  // a JSON array of numbers, one a choice of the job
  "ALTER TABLE results ADD COLUMN probabilities TEXT;",
  // of the input tokens, those that were taken from another row's KV cache
  "ALTER TABLE results ADD COLUMN shared_tokens INTEGER NOT NULL DEFAULT 0;",
  // packed by packLogprobs; a JSON array, for each of the job's confidence fields an array of numbers or null
  "ALTER TABLE results ADD COLUMN token_logprobs BLOB; ALTER TABLE results ADD COLUMN field_probabilities TEXT;",
  // why the output ended, null where nobody noted it; whether the row's text was cut to fit
  `ALTER TABLE results ADD COLUMN finish TEXT;
   ALTER TABLE results ADD COLUMN input_cut INTEGER NOT NULL DEFAULT 0;`,
  // `record`: the job itself, so that a lost catalogue can be made anew; `outcome` is its end, null before.
  // `claim`: the runner that may append results
  `CREATE TABLE record (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     job_id TEXT NOT NULL,
     spec TEXT NOT NULL,
     facts TEXT NOT NULL,
     created_at TEXT NOT NULL,
     outcome TEXT
   ) STRICT;
   CREATE TABLE claim (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     token TEXT NOT NULL
   ) STRICT;`,
];
