import { Decompress, decompress } from "fzstd";

/** What a frame may ask its reader to hold of what it has unpacked: the limit of the zstd tool. */
const MOST_WINDOW_BYTES = 128 * 1024 * 1024;

/** Unpacks a Zstandard frame (RFC 8878), and never more than is wanted.
 *  @param wanted  bytes that it holds
 *  @throws {Error} when it holds another number of bytes, or is damaged */
export function unpackZstd(frame: Uint8Array, wanted: number): Uint8Array {
  const { contentBytes, windowBytes } = readFrameHeader(frame);
  if (contentBytes === wanted) return decompress(frame, comparable(new Uint8Array(wanted)));
  if (contentBytes !== null) throw new Error(`a Zstandard frame of ${contentBytes} bytes instead of ${wanted}`);
  if (windowBytes > MOST_WINDOW_BYTES) throw new Error(`a Zstandard frame with a window of ${windowBytes} bytes`);
  const unpacked = new Uint8Array(wanted);
  let length = 0;
  const stream = new Decompress((chunk) => {
    if (length + chunk.length > wanted) throw new Error(`a Zstandard frame of more than ${wanted} bytes`);
    unpacked.set(chunk, length);
    length += chunk.length;
  });
  stream.push(frame, true);
  if (length < wanted) throw new Error(`a Zstandard frame of ${length} bytes instead of ${wanted}`);
  return unpacked;
}

/** fzstd asks whether its output `== 1`, for which JavaScript would write all bytes as one text. */
function comparable(output: Uint8Array): Uint8Array {
  return Object.defineProperty(output, Symbol.toPrimitive, { value: () => Number.NaN });
}

/** What the frame's header says of its size; null where it leaves that open. */
function readFrameHeader(frame: Uint8Array): { readonly contentBytes: number | null; readonly windowBytes: number } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) throw new Error("not a Zstandard frame");
  const flags = view.getUint8(4);
  const isSingleSegment = (flags & 0x20) !== 0;
  const window = isSingleSegment ? 0 : view.getUint8(5);
  const base = 2 ** (10 + (window >> 3));
  const windowBytes = base + (base / 8) * (window & 7);
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
  const at = (isSingleSegment ? 5 : 6) + dictionaryBytes;
  switch (flags >> 6) {
    case 0:
      return { contentBytes: isSingleSegment ? view.getUint8(at) : null, windowBytes };
    case 1:
      return { contentBytes: view.getUint16(at, true) + 256, windowBytes };
    case 2:
      return { contentBytes: view.getUint32(at, true), windowBytes };
    default:
      return { contentBytes: Number(view.getBigUint64(at, true)), windowBytes };
  }
}
