import { ByteWriter } from './byte-writer.ts';
import { instructionNamed } from './instructions.ts';

/** Of the two memories of a charged module, the one that the submitted code cannot name. */
const PRIVATE_MEMORY = 1;
/** In the alignment of an access: the memory is named. */
const NAMES_ITS_MEMORY = 0x40;

/** Type of a block without a value. */
export const EMPTY_BLOCK = 0x40;

/** Writes instructions by their names. */
export class CodeWriter {
  readonly bytes = new ByteWriter();

  /** An instruction with its unsigned immediates, if it has some. */
  op(name: string, ...immediates: readonly number[]): this {
    const { code } = instructionNamed(name);
    if (code > 0xff) this.bytes.byte(code >> 8).u32(code & 0xff);
    else this.bytes.byte(code);
    for (const immediate of immediates) this.bytes.u32(immediate);
    return this;
  }

  i32(value: number): this {
    this.op('i32.const').bytes.signed(value | 0);
    return this;
  }

  i64(value: bigint): this {
    this.op('i64.const').bytes.signed(BigInt.asIntN(64, value));
    return this;
  }

  /** A memory access to the private memory. */
  privately(name: string, offset: number): this {
    return this.op(name, NAMES_ITS_MEMORY, PRIVATE_MEMORY, offset);
  }

  /** Copies between the memories; bytes are named by place, place and length on the stack. */
  copy(to: 'private' | 'own', from: 'private' | 'own'): this {
    const index = (memory: 'private' | 'own'): number => (memory === 'private' ? PRIVATE_MEMORY : 0);
    return this.op('memory.copy', index(to), index(from));
  }

  /** Ends the call when what is on the stack is not zero. */
  trapIf(): this {
    return this.op('if', EMPTY_BLOCK).op('unreachable').op('end');
  }
}
