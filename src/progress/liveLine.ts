import { oneLine } from "../foreignText.js";
import { writeWhileRead } from "../lastingStream.js";

const CLEAR_LINE = "\r\x1b[K";

/** A line at the end of what a terminal shows, drawn over and over. Whatever else is written to the terminal while it shows, by whom
 *  ever, is put above it: never behind it in the same line. */
export class LiveLine implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #guards: Disposable[];
  #line = "";
  #isShown = false;
  /** Somebody has written a part of a line, which must not be overdrawn. */
  #isBehindText = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // both of the process's streams usually end on one terminal
    const streams = new Set([stream, ...[process.stdout, process.stderr].filter(({ isTTY }) => isTTY)]);
    this.#guards = [...streams].map((one) => beforeWrites(one, (text) => this.#makeRoom(text)));
  }

  draw(line: string): void {
    const start = this.#isBehindText ? "\n" : "\r";
    this.#line = oneLine(line);
    this.#isBehindText = false;
    this.#isShown = true;
    this.raw(`${start}${this.#line}\x1b[K`);
  }

  /** Writes what belongs to the drawing itself. */
  raw(text: string): void {
    unguarded(() => writeWhileRead(this.#stream, text));
  }

  clear(): void {
    if (this.#isShown) this.raw(CLEAR_LINE);
    this.#isShown = false;
  }

  /** Goes on to the next line; what was drawn last stays. */
  leave(): void {
    if (this.#isShown) this.raw("\n");
    this.#isShown = false;
  }

  [Symbol.dispose](): void {
    for (const guard of this.#guards) guard[Symbol.dispose]();
  }

  /** Before somebody's text, and after it. */
  #makeRoom(text: string): (() => void) | undefined {
    const wasShown = this.#isShown;
    this.clear();
    this.#isBehindText = !text.endsWith("\n");
    return wasShown && !this.#isBehindText ? () => this.draw(this.#line) : undefined;
  }
}

type Guard = (text: string) => (() => void) | undefined;
type Write = NodeJS.WriteStream["write"];

const guardsOf = new Map<NodeJS.WriteStream, { readonly guards: Set<Guard>; readonly restore: () => void }>();
let isUnguarded = false;

function unguarded(write: () => void): void {
  const before = isUnguarded;
  isUnguarded = true;
  try {
    write();
  } finally {
    isUnguarded = before;
  }
}

/** Calls a guard before every write to a stream, and what it returns after it; the stream has its own `write` again when the last
 *  guard has gone. */
function beforeWrites(stream: NodeJS.WriteStream, guard: Guard): Disposable {
  const { guards, restore } = guardsOf.get(stream) ?? watchWrites(stream);
  guards.add(guard);
  return {
    [Symbol.dispose]: () => {
      guards.delete(guard);
      if (guards.size === 0) restore();
    },
  };
}

function watchWrites(stream: NodeJS.WriteStream) {
  const guards = new Set<Guard>();
  const isOwn = Object.hasOwn(stream, "write");
  const original = stream.write;
  const watched = function write(this: NodeJS.WriteStream, ...given: Parameters<Write>): boolean {
    const text = isUnguarded ? "" : textOf(given[0]);
    const afterwards = text === "" ? [] : [...guards].map((one) => one(text));
    const hasRoom = original.apply(this, given);
    for (const after of afterwards) after?.();
    return hasRoom;
  } as Write;
  stream.write = watched;
  const restore = () => {
    guardsOf.delete(stream);
    // somebody may have put his own around ours meanwhile
    if (stream.write !== watched) return;
    if (isOwn) stream.write = original;
    else delete (stream as Partial<NodeJS.WriteStream>).write;
  };
  const watch = { guards, restore };
  guardsOf.set(stream, watch);
  return watch;
}

function textOf(chunk: unknown): string {
  if (typeof chunk === "string") return chunk;
  return chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : "";
}
