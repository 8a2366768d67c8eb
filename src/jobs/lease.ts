import { randomUUID } from "node:crypto";
import { RowmillError } from "../errors.js";
import { ownIdentity, type ProcessIdentity, stateOf } from "../processIdentity.js";
import { isPassing } from "./passingError.js";
import type { SqlRow, Store } from "./sqlite.js";

/** Without a heartbeat for so long, a runner counts as gone that nobody here can see, or that was stopped: far more than any
 *  statement waits for a lock. */
export const LEASE_LAPSE_MS = 60_000;
/** The same for a runner whose process is seen to run. It may be unable to write its heartbeat, on a full disk or behind a lock
 *  that somebody holds: longer than jobs wait for that. */
export const LEASE_SEEN_LAPSE_MS = 15 * 60_000;
/** How often a runner should renew. */
export const LEASE_RENEW_MS = 2_000;

/** Where the lease lies: the home's catalogue. */
export interface LeaseStore {
  readonly db: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Who may run a home's jobs. */
export interface LeaseHolder extends ProcessIdentity {
  /** Names this holding of the lease; claimed jobs carry it. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly heartbeatMs: number;
}

/** The right to run a home's jobs: one process at a time has it. */
export class RunnerLease implements Disposable {
  readonly token: string;
  readonly pid: number;
  readonly #store: LeaseStore;

  constructor(store: LeaseStore, holder: LeaseHolder) {
    this.token = holder.token;
    this.pid = holder.pid;
    this.#store = store;
  }

  /** The heartbeat. Where it can't be written, for want of space or behind a lock, nobody else can take the lease either until
   *  space is back; whether somebody has by then is seen by reading, so a holder that can't write still ends at once.
   *  @returns false when somebody else has taken the lease: stop at once, and write no status more */
  renew(): boolean {
    const { db, clock } = this.#store;
    try {
      return db.run("UPDATE lease SET heartbeat_ms = ? WHERE token = ?", clock(), this.token) === 1;
    } catch (error) {
      if (!isPassing(error)) throw error;
      return db.get("SELECT 1 FROM lease WHERE token = ?", this.token) !== undefined;
    }
  }

  /** Gives the lease up. Where the catalogue can't be written or is gone it stays as it is, and is seen to be over once its process
   *  has ended. */
  release(): void {
    try {
      this.#store.db.run("DELETE FROM lease WHERE token = ?", this.token);
    } catch (error) {
      if (!(error instanceof RowmillError)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** Takes the home's lease if nobody has it, or if its holder has died or not renewed it in time.
 *  @param identity the process that is to hold it; by default this one */
export function acquireLease(store: LeaseStore, identity: ProcessIdentity = ownIdentity()): RunnerLease | null {
  const { db, clock } = store;
  return db.transaction(() => {
    if (liveHolder(db, clock()) !== null) return null;
    const holder = { ...identity, token: randomUUID(), heartbeatMs: clock() };
    db.run(
      "INSERT OR REPLACE INTO lease (id, token, pid, host, started, heartbeat_ms) VALUES (1, ?, ?, ?, ?, ?)",
      holder.token,
      holder.pid,
      holder.host,
      holder.started,
      holder.heartbeatMs,
    );
    return new RunnerLease(store, holder);
  });
}

/** The runner that has the home now, `null` when none is alive. */
export function leaseHolder(store: LeaseStore): LeaseHolder | null {
  return liveHolder(store.db, store.clock());
}

export function liveHolder(db: Store, nowMs: number): LeaseHolder | null {
  const row = db.get("SELECT token, pid, host, started, heartbeat_ms FROM lease");
  if (row === undefined) return null;
  const holder = toHolder(row);
  // another machine's or container's process can't be seen from here: its heartbeat alone speaks for it
  const state = stateOf(holder);
  const lapseMs = state === "running" ? LEASE_SEEN_LAPSE_MS : LEASE_LAPSE_MS;
  return state !== "gone" && nowMs - holder.heartbeatMs < lapseMs ? holder : null;
}

function toHolder(row: SqlRow): LeaseHolder {
  return {
    token: String(row.token),
    pid: Number(row.pid),
    host: String(row.host),
    started: String(row.started),
    heartbeatMs: Number(row.heartbeat_ms),
  };
}
