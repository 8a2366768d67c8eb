/** Watches for panics of the work inside WebAssembly that goes on until it is disposed, also between what is waited for. */
export interface PanicWatch extends Disposable {
  /** The work's result, or the panic's error. */
  orPanic<T>(this: void, work: Promise<T>): Promise<T>;
  readonly hasPanicked: boolean;
}

/** parquet-wasm unwraps the errors of damaged pages, and runs out of its memory of 4 GB, in a microtask of its own: its promise
 *  never settles, and the trap comes out as an uncaught exception that would end the process. Watched, such a trap is the
 *  error of what is waited for, now or next; every other uncaught exception ends the process as before.
 *  @param reason  what the trap means */
export function watchPanics(reason = "its pages are damaged, or need more than 4 GB of memory"): PanicWatch {
  let panic: Error | null = null;
  let reject: (error: Error) => void = () => {};
  const onUncaught = (error: unknown) => {
    // by name: the types of Node declare no WebAssembly
    if (!(error instanceof Error && error.name === "RuntimeError")) throw error;
    panic = new Error(reason, { cause: error });
    reject(panic);
  };
  process.on("uncaughtException", onUncaught);
  return {
    get hasPanicked() {
      return panic !== null;
    },
    async orPanic(work) {
      if (panic !== null) throw panic;
      const stopped = new Promise<never>((_, stop) => {
        reject = stop;
      });
      return await Promise.race([work, stopped]);
    },
    [Symbol.dispose]: () => process.off("uncaughtException", onUncaught),
  };
}

/** The same for one piece of work. */
export async function orPanic<T>(work: Promise<T>, reason?: string): Promise<T> {
  using watch = watchPanics(reason);
  return await watch.orPanic(work);
}
