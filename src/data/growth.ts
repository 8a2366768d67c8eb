/** Bytes that anything may unpack to, and how many times its own size beyond those: tables of repeated values reach a hundred. */
const FREE_BYTES = 512 * 1024 * 1024;
const MOST_GROWTH = 200;

/** Refuses what is small and unpacks to more than a disk or a memory should be filled with.
 *  @throws {Error} for a sentence that begins with what it is */
export function checkGrowth(packedBytes: number, unpackedBytes: number): void {
  if (unpackedBytes <= FREE_BYTES || unpackedBytes <= packedBytes * MOST_GROWTH) return;
  throw new Error(
    `${packedBytes} bytes unpack to ${unpackedBytes} or more, which is over ${MOST_GROWTH} times as many; if it is meant so, unpack it first`,
  );
}
