import { readFile } from 'node:fs/promises';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { EnumTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** The number of `file` in google.protobuf.FileDescriptorSet. */
const FILE_FIELD = 1;

/**
 * Reads what reflection tells of the contract: its files as they are, each with what it imports.
 *
 * The contract is public, so that reflection asks for no token: a stock client can be pointed at any Galley. The files
 * are not read by proto-loader, which makes one of all files of a package and leaves out their imports; Python's
 * grpcio, for one, cannot link such files.
 */
export async function readReflection(): Promise<ReflectionService> {
  const image = await readFile(new URL('../../proto/gen/image.binpb', import.meta.url));
  const contract: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos: filesOf(image),
  };
  return new ReflectionService({ contract });
}

function filesOf(image: Uint8Array): Buffer[] {
  const reader = new BinaryReader(image);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILE_FIELD) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return files;
}
