/** Unpacks LZ4 frames (github.com/lz4/lz4, doc/lz4_Frame_format.md), as Arrow writers compress buffers. Own code because the one
 *  package in plain JavaScript (lz4js) misreads frames with block checksums and reads past damaged input.
 *  Checksums are skipped.
 *  @param wanted  bytes that it holds
 *  @throws {Error} when it holds another number of bytes, or is damaged */
export function unpackLz4Frame(frame: Uint8Array, wanted: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== 0x184d2204) throw new Error("not an LZ4 frame");
  const flags = view.getUint8(4);
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  if (flags >> 6 !== 1 || hasDictionary) throw new Error("an LZ4 frame of an unknown kind");
  const output = new Uint8Array(wanted);
  let written = 0;
  let at = hasContentSize ? 15 : 7;
  for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
    at += 4;
    const length = size & 0x7fffffff;
    if (at + length > frame.length) throw new Error("an LZ4 frame that ends in mid-block");
    const block = frame.subarray(at, at + length);
    const isStored = size >= 0x80000000;
    const needed = written + (isStored ? length : unpackedLength(block));
    if (needed > wanted) throw new Error(`an LZ4 frame of more than ${wanted} bytes`);
    if (isStored) output.set(block, written);
    else unpackBlock(block, output, written);
    written = needed;
    at += length + (hasBlockChecksum ? 4 : 0);
  }
  if (written < wanted) throw new Error(`an LZ4 frame of ${written} bytes instead of ${wanted}`);
  return output;
}

/** Walks a block's sequences without copying. */
function unpackedLength(block: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < block.length; ) {
    const token = block[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      const more = lengthBytes(block, at);
      literals += more.length;
      at = more.end;
    }
    at += literals;
    total += literals;
    if (at >= block.length) break;
    at += 2;
    let match = token & 15;
    if (match === 15) {
      const more = lengthBytes(block, at);
      match += more.length;
      at = more.end;
    }
    total += match + 4;
  }
  return total;
}

/** Unpacks a block into `output` from `start`, where at least unpackedLength(block) bytes are free. A match may reach back
 *  into the blocks before. */
function unpackBlock(block: Uint8Array, output: Uint8Array, start: number): void {
  let to = start;
  for (let at = 0; at < block.length; ) {
    const token = block[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      const more = lengthBytes(block, at);
      literals += more.length;
      at = more.end;
    }
    if (at + literals > block.length) throw new Error("an LZ4 block that ends in mid-literal");
    output.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at >= block.length) return;
    const offset = (block[at] as number) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    let match = token & 15;
    if (match === 15) {
      const more = lengthBytes(block, at);
      match += more.length;
      at = more.end;
    }
    if (offset === 0 || offset > to) throw new Error("an LZ4 match that points before the beginning");
    // byte by byte: a match may overlap what it writes
    for (let from = to - offset, end = to + match + 4; to < end; ) output[to++] = output[from++] as number;
  }
}

/** A length's further bytes: 255 each until one is smaller. */
function lengthBytes(block: Uint8Array, at: number): { readonly length: number; readonly end: number } {
  let length = 0;
  for (let end = at; end < block.length; end++) {
    const byte = block[end] as number;
    length += byte;
    if (byte !== 255) return { length, end: end + 1 };
  }
  throw new Error("an LZ4 block that ends in mid-length");
}
