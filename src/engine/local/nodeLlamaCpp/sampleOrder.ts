import type { LlamaContext } from "node-llama-cpp";

/** The part of node-llama-cpp's native context that is wrapped here; not in its types, so its version is pinned. */
interface NativeContext {
  decodeBatch(...args: unknown[]): Promise<unknown>;
  sampleToken(...args: unknown[]): Promise<unknown>;
}

/** Lets the first sampling after each decode end before the others begin.
 *
 *  node-llama-cpp 3.21 samples all sequences of a batch at once on libuv's threads, and llama.cpp puts the logits of a
 *  split batch back into their order at the first look (`llama_context::output_reorder`, not thread-safe): with 16
 *  slots, 6 of 48 rows got another row's logits. After the first look there is nothing left to put in order. */
export function sampleFirstAlone(context: LlamaContext): void {
  const native = (context as unknown as { readonly _ctx?: Partial<NativeContext> })._ctx;
  if (native?.decodeBatch === undefined || native.sampleToken === undefined)
    throw new Error("this release of node-llama-cpp is not the one that the engine was written for (3.21.1)");
  const decodeBatch = native.decodeBatch.bind(native);
  const sampleToken = native.sampleToken.bind(native);
  let first: Promise<unknown> | null = null;
  const wrapped: NativeContext = {
    decodeBatch: (...args) => {
      first = null;
      return decodeBatch(...args);
    },
    sampleToken: (...args) => {
      if (first === null) {
        first = sampleToken(...args);
        return first;
      }
      const next = (): Promise<unknown> => sampleToken(...args);
      return first.then(next, next);
    },
  };
  // own properties in front of the native class's, which can't be assigned
  for (const [name, value] of Object.entries(wrapped)) Object.defineProperty(native, name, { value });
}
