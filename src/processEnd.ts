/** What is to be done before the process ends. */
interface LastAct {
  readonly act: () => void;
  /** Already when a signal comes that somebody else handles, and may survive. */
  readonly isForEverySignal: boolean;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const lastActs = new Set<LastAct>();

/** Does something, at once and synchronously, when the process ends: at its exit, after an error that nobody caught, and by the signals
 *  that end it, of which it then dies as it would have. Nothing can be done about SIGKILL and a crash.
 *  @returns what takes it back */
export function beforeProcessEnds(act: () => void, options: { isForEverySignal?: boolean } = {}): Disposable {
  const lastAct = { act, isForEverySignal: options.isForEverySignal ?? false };
  if (lastActs.size === 0) listen();
  lastActs.add(lastAct);
  return {
    [Symbol.dispose]: () => {
      if (lastActs.delete(lastAct) && lastActs.size === 0) unlisten();
    },
  };
}

function listen(): void {
  process.on("exit", actAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", actAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  for (const { act, isForEverySignal } of [...lastActs]) if (isForEverySignal) act();
  // somebody else decides whether it ends; if so, its exit is an event of its own
  const others = process.listeners(signal).filter((listener) => listener !== onSignal);
  if (others.length > waitingListeners()) return;
  actAll();
  unlisten();
  process.kill(process.pid, signal);
}

/** How many listeners a signal has of the package signal-exit, 3 and 4 together. They decide nothing: they raise the signal
 *  again once nobody else listens, as is done here, and one of the two has to be the first. */
function waitingListeners(): number {
  const counters = [
    Reflect.get(process, "__signal_exit_emitter__"),
    Reflect.get(globalThis, Symbol.for("signal-exit emitter")),
  ];
  return counters.reduce((sum, counter) => sum + (typeof counter?.count === "number" ? counter.count : 0), 0);
}

function actAll(): void {
  for (const { act } of [...lastActs]) act();
  lastActs.clear();
}
