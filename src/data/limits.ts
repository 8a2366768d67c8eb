/** A batch closes when it holds this many rows … */
export const BATCH_ROWS = 2_000;
/** … or about this much text, whichever comes first. */
export const BATCH_BYTES = 4 * 1024 * 1024;
/** The longest line or record of a text file: beyond it a quote was left open, or the file is no table. So long may a prompt's
 *  text from other files be. */
export const RECORD_BYTES = 16 * 1024 * 1024;
