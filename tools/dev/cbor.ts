// The part of CBOR (RFC 8949) that authenticators write, written down again, so that the library which the worker uses is
// not its own judge.
export type Cbor = number | string | boolean | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count])
  if (count < 0x100) return Buffer.from([(major << 5) | 24, count])
  if (count < 0x1_0000) return Buffer.from([(major << 5) | 25, count >> 8, count & 0xff])
  const long = Buffer.alloc(5)
  long[0] = (major << 5) | 26
  long.writeUInt32BE(count, 1)
  return long
}

export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) {
    const pairs = [...(value as ReadonlyMap<number | string, Cbor>)].map(([key, one]) =>
      Buffer.concat([cbor(key), cbor(one)]),
    )
    return Buffer.concat([head(5, pairs.length), ...pairs])
  }
  const items = value as readonly Cbor[]
  return Buffer.concat([head(4, items.length), ...items.map(cbor)])
}
