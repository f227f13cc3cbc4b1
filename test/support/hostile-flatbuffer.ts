/** A field of a table, by its slot; what is left out is not there. */
export type FlatField =
  | { readonly int8: number }
  | { readonly int16: number }
  | { readonly int32: number }
  | { readonly int64: bigint }
  | { readonly text: string }
  | { readonly table: FlatSpec }
  | { readonly tables: readonly FlatSpec[] }
  /** Structures of so many numbers of eight bytes. */
  | { readonly structs: readonly (readonly (bigint | number)[])[] }
  /** A pointer as it is, to anywhere, and a vector that promises so many elements. */
  | { readonly pointer: number }
  | { readonly promise: number };

/** A table by its slots. */
export type FlatSpec = Readonly<Record<number, FlatField>>;

const SLOT_BYTES = 8;
const VTABLE_HEADER_BYTES = 4;

/** Writes a FlatBuffer with whatever it is told, true or not. */
export function writeFlatBuffer(root: FlatSpec): Buffer {
  const writer = new FlatWriter();
  const start = writer.reserve(8);
  writer.point(start, writer.table(root));
  return writer.bytes();
}

class FlatWriter {
  #bytes = Buffer.alloc(4_096);
  #end = 0;

  /** Sets bytes aside, at a multiple of eight. */
  reserve(byteCount: number): number {
    const start = Math.ceil(this.#end / 8) * 8;
    this.#end = start + byteCount;
    while (this.#end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    return start;
  }

  point(from: number, to: number): void {
    this.#bytes.writeUInt32LE(to - from, from);
  }

  table(spec: FlatSpec): number {
    const slots = Object.keys(spec).map(Number);
    const slotCount = slots.length === 0 ? 0 : Math.max(...slots) + 1;
    const vtableBytes = VTABLE_HEADER_BYTES + slotCount * 2;
    const vtable = this.reserve(vtableBytes);
    const at = this.reserve(SLOT_BYTES * (slotCount + 1));
    this.#bytes.writeUInt16LE(vtableBytes, vtable);
    this.#bytes.writeUInt16LE(SLOT_BYTES * (slotCount + 1), vtable + 2);
    this.#bytes.writeInt32LE(at - vtable, at);
    for (const slot of slots) {
      const place = SLOT_BYTES * (slot + 1);
      this.#bytes.writeUInt16LE(place, vtable + VTABLE_HEADER_BYTES + slot * 2);
      this.#field(at + place, spec[slot] as FlatField);
    }
    return at;
  }

  #field(at: number, field: FlatField): void {
    if ('int8' in field) this.#bytes.writeUInt8(field.int8, at);
    else if ('int16' in field) this.#bytes.writeInt16LE(field.int16, at);
    else if ('int32' in field) this.#bytes.writeInt32LE(field.int32, at);
    else if ('int64' in field) this.#bytes.writeBigInt64LE(field.int64, at);
    else if ('pointer' in field) this.#bytes.writeUInt32LE(field.pointer >>> 0, at);
    else if ('table' in field) this.point(at, this.table(field.table));
    else this.point(at, this.#vector(field));
  }

  #vector(
    field: Extract<FlatField, { text: string } | { tables: unknown } | { structs: unknown } | { promise: number }>,
  ) {
    if ('promise' in field) {
      const at = this.reserve(8);
      this.#bytes.writeUInt32LE(field.promise >>> 0, at);
      return at;
    }
    if ('text' in field) {
      const bytes = Buffer.from(field.text);
      const at = this.reserve(bytes.length + 5);
      this.#bytes.writeUInt32LE(bytes.length, at);
      bytes.copy(this.#bytes, at + 4);
      return at;
    }
    if ('tables' in field) {
      const at = this.reserve(4 + field.tables.length * 4);
      this.#bytes.writeUInt32LE(field.tables.length, at);
      for (const [index, table] of field.tables.entries()) {
        const place = this.table(table);
        this.point(at + 4 + index * 4, place);
      }
      return at;
    }
    const width = (field.structs[0]?.length ?? 0) * 8;
    // The length stands right before the first structure, which is aligned.
    const at = this.reserve(8 + width * field.structs.length) + 4;
    this.#bytes.writeUInt32LE(field.structs.length, at);
    for (const [index, numbers] of field.structs.entries()) {
      for (const [place, number] of numbers.entries()) {
        this.#bytes.writeBigInt64LE(BigInt(number), at + 4 + index * width + place * 8);
      }
    }
    return at;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, Math.ceil(this.#end / 8) * 8);
  }
}
