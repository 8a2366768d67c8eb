import { readFileSync, writeFileSync } from "node:fs";
import { readGgufFileInfo } from "node-llama-cpp";
import { Q8_BLOCK, Q8_BLOCK_BYTES } from "../../bench/engines/ggufWriter.js";

const [F32, Q8_0] = [0, 8];
const ALIGNMENT = 32;
/** Magic, version and the two counts. */
const HEAD_BYTES = 24;

/** Writes a Q8_0 model with the same weights as 32-bit floats: what it computes hardly depends on a batch's shape, while the
 *  rounding of activations to 8 bits makes another token of many a near tie. */
export async function writeFloatModel(path: string, sourcePath: string): Promise<void> {
  const source = readFileSync(sourcePath);
  const { fullTensorInfo = [] } = await readGgufFileInfo(sourcePath, { sourceType: "filesystem", logWarnings: false });
  const infos: Buffer[] = [];
  const weights: Buffer[] = [];
  let offset = 0;
  for (const { name, dimensions, ggmlType, fileOffset } of fullTensorInfo) {
    const count = dimensions.reduce<number>((product, length) => product * Number(length), 1);
    infos.push(text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(F32), uint64(offset));
    weights.push(floatsOf(source.subarray(Number(fileOffset)), count, ggmlType), Buffer.alloc((-count * 4) & 31));
    offset += count * 4 + ((-count * 4) & 31);
  }
  // behind the metadata, which is kept as it is, comes the first tensor's name
  const metadata = source.subarray(0, source.indexOf(infos[0] as Buffer, HEAD_BYTES));
  const header = Buffer.concat([metadata, ...infos]);
  writeFileSync(path, Buffer.concat([header, Buffer.alloc(-header.length & (ALIGNMENT - 1)), ...weights]));
}

function floatsOf(source: Buffer, count: number, type: number): Buffer {
  if (type === F32) return source.subarray(0, count * 4);
  if (type !== Q8_0) throw new Error(`tensors of type ${type} aren't read here`);
  const floats = Buffer.alloc(count * 4);
  for (let at = 0; at < count; at++) {
    const block = Math.floor(at / Q8_BLOCK) * Q8_BLOCK_BYTES;
    floats.writeFloatLE(halfFloat(source.readUInt16LE(block)) * source.readInt8(block + 2 + (at % Q8_BLOCK)), at * 4);
  }
  return floats;
}

/** A normal or subnormal 16-bit float. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}

const text = (value: string): Buffer => Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
