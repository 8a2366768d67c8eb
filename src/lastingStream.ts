import type { Writable } from "node:stream";
import { oneLine } from "./foreignText.js";

/** What is known of a stream's reader. */
export interface StreamState {
  /** The first thing that went wrong with it: EPIPE where a pipe's reader has left, ENOSPC where there is no room. */
  failure: NodeJS.ErrnoException | null;
}

const states = new WeakMap<Writable, StreamState>();

/** Makes a stream's failure a fact that can be asked for, no event that ends the process: who watches a job loses the messages when
 *  their reader leaves, and nothing else. */
export function stateOf(stream: Writable): StreamState {
  const known = states.get(stream);
  if (known !== undefined) return known;
  const state: StreamState = { failure: null };
  states.set(stream, state);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    state.failure ??= error;
  });
  return state;
}

/** Writes as long as somebody reads, and drops the text after that.
 *  @returns whether there is a reader yet, as far as is known */
export function writeWhileRead(stream: Writable, chunk: string | Uint8Array): boolean {
  const state = stateOf(stream);
  if (state.failure === null && stream.writable) stream.write(chunk, keepFailure(state));
  return state.failure === null;
}

/** The same for a line that a person reads: nothing in it steers a terminal.
 *  @param style a colour for all of it */
export function writeLine(stream: Writable, line: string, style: (text: string) => string = (text) => text): void {
  writeWhileRead(stream, `${style(oneLine(line))}\n`);
}

/** Writes as long as somebody reads, and waits until the chunk has been taken.
 *  @returns false when it was not and none will be */
export async function writeAndWait(stream: Writable, chunk: string | Uint8Array): Promise<boolean> {
  const state = stateOf(stream);
  if (state.failure !== null || !stream.writable) return false;
  return await new Promise((resolve) => {
    stream.write(chunk, (error) => {
      keepFailure(state)(error);
      resolve(!error);
    });
  });
}

/** Calls back when all that was written has been taken or has failed. */
export function whenWritten(stream: Writable, next: () => void): void {
  const state = stateOf(stream);
  // a stream that has failed may call nobody back
  if (state.failure !== null) next();
  else
    stream.write("", (error) => {
      keepFailure(state)(error);
      next();
    });
}

/** For a write's own callback, which comes before the event. */
function keepFailure(state: StreamState): (error: Error | null | undefined) => void {
  return (error) => {
    if (error) state.failure ??= error;
  };
}
