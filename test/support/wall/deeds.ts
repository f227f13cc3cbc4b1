// What attacks are made of: system calls of x86-64 with their arguments put together.
import type { NativeAttacker } from '../../../sandbox/testkit/index.ts';

/** The working directory, in the place of a folder's descriptor. */
export const HERE = -100;

/** Flags of open(2). */
export const OPEN = { readOnly: 0, writeOnly: 1, readWrite: 2, create: 0o100, folder: 0o200000 } as const;

const SECRET_BYTES = 4_096;

/** Makes a structure of 32-bit and 64-bit fields; a text of hexadecimal digits is bytes as they are. */
export function structure(...fields: readonly (number | bigint | string)[]): Uint8Array {
  return Buffer.concat(
    fields.map((field) => {
      if (typeof field === 'string') return Buffer.from(field, 'hex');
      const bytes = Buffer.alloc(typeof field === 'number' ? 4 : 8);
      if (typeof field === 'number') bytes.writeInt32LE(field | 0);
      else bytes.writeBigInt64LE(BigInt.asIntN(64, field));
      return bytes;
    }),
  );
}

/** Reads a descriptor and tells whether a text is in what comes. */
export async function reads(attacker: NativeAttacker, fd: number | bigint, text: string): Promise<boolean> {
  const room = attacker.reserve(SECRET_BYTES);
  const count = await attacker.call(0, fd, room, SECRET_BYTES);
  if (count <= 0n) return false;
  return Buffer.from(await attacker.peek(room, Number(count))).includes(text);
}

/** Opens a file and tells whether a text is in it. */
export async function readsFile(attacker: NativeAttacker, path: string, text: string): Promise<boolean> {
  const fd = await attacker.call(2, await attacker.text(path), OPEN.readOnly);
  return fd >= 0n && (await reads(attacker, fd, text));
}

/** Opens, writes, and tells whether the kernel took the bytes. */
export async function writesFile(attacker: NativeAttacker, path: string, flags: number): Promise<boolean> {
  const fd = await attacker.call(2, await attacker.text(path), flags, 0o644);
  return fd >= 0n && (await attacker.call(1, fd, await attacker.text('written'), 7)) === 7n;
}

/** The address of a port of this machine, as `struct sockaddr_in`. */
export function addressOfPort(port: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(2, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set([127, 0, 0, 1], 4);
  return bytes;
}

/** The address of a unix socket, as `struct sockaddr_un`. */
export function addressOfSocket(name: string): Uint8Array {
  return Buffer.concat([Buffer.from([1, 0]), Buffer.from(name)]);
}
