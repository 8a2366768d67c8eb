/** Waits for work inside WebAssembly that may panic. parquet-wasm unwraps the errors of damaged pages in a microtask of its
 *  own: its promise never settles, and the trap comes out as an uncaught exception that would end the process. While the
 *  work is pending, such a trap rejects it instead; every other uncaught exception ends the process as before.
 *  @param reason  what the trap means */
export async function orPanic<T>(work: Promise<T>, reason = "its pages are damaged"): Promise<T> {
  let stop: (error: unknown) => void = () => {};
  const panic = new Promise<never>((_, reject) => {
    stop = (error) => {
      // by name: the types of Node declare no WebAssembly
      if (!(error instanceof Error && error.name === "RuntimeError")) throw error;
      reject(new Error(reason, { cause: error }));
    };
  });
  process.on("uncaughtException", stop);
  try {
    return await Promise.race([work, panic]);
  } finally {
    process.off("uncaughtException", stop);
  }
}
