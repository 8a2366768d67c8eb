import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { messageOf } from "./errors.js";
import type { BackendProbe } from "./llamaBackend.js";

// A process of its own, started by llamaBackend.ts: loads one build of llama.cpp and says what it finds to compute on.

async function probe(backend: BackendProbe["backend"]): Promise<BackendProbe> {
  try {
    const llama = await getLlama({
      gpu: backend,
      build: "never",
      logLevel: LlamaLogLevel.disabled,
      progressLogs: false,
    });
    return {
      backend,
      devices: await llama.getGpuDeviceNames(),
      vramBytes: (await llama.getVramState()).total,
      failure: null,
    };
  } catch (error) {
    return { backend, devices: [], vramBytes: 0, failure: messageOf(error) };
  }
}

const found = await probe(process.argv[2] as BackendProbe["backend"]);
// a driver may hang in its own clean-up
process.send?.(found, () => process.exit(0));
