// What stock clients ask a service that they do not know. Most services are never asked, and what answers reads the whole
// contract, so that it is made at the first question: made at the start, it was a tenth of what a start cost.
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  type handleBidiStreamingCall,
  type MethodDefinition,
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { EnumTypeDefinition } from '@grpc/proto-loader';

/** The number of `file` in google.protobuf.FileDescriptorSet. */
const FILE_FIELD = 1;

/** The protocol's one method, of both versions that clients speak. */
const PATHS = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
];

/** What a stream ends with that holds something else than messages of the protocol. */
const NOT_UNDERSTOOD = { code: status.INTERNAL, details: 'not understood' };

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** What answers a version of the protocol, over messages that it reads itself. */
interface Answering {
  readonly method: MethodDefinition<unknown, unknown>;
  readonly handler: handleBidiStreamingCall<unknown, unknown>;
}

/**
 * Lets a server tell of the contract: its files as they are, each with what it imports.
 *
 * The contract is public, so that reflection asks for no token: a stock client can be pointed at any Galley.
 */
export function addReflection(server: Server): void {
  let answering: Promise<ReadonlyMap<string, Answering>> | undefined;
  const answer = async (path: string, stream: Stream): Promise<void> => {
    // Before the first wait: what a client sends meanwhile stays in its stream.
    answering ??= readAnswering();
    const found = (await answering).get(path);
    if (found === undefined) throw new Error(`the library of reflection does not answer \`${path}\``);
    passOn(stream, found);
  };
  for (const path of PATHS) {
    server.addService(asBytes(path), {
      ServerReflectionInfo: (stream: Stream) => {
        answer(path, stream).catch(() => stream.emit('error', NOT_UNDERSTOOD));
      },
    });
  }
}

/** The method without its messages, which are read once somebody has sent one. */
function asBytes(path: string): ServiceDefinition {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    ServerReflectionInfo: {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  };
}

/** Has the library answer a stream whose messages are still bytes. */
function passOn(stream: Stream, { method, handler }: Answering): void {
  const inner = new Duplex({
    objectMode: true,
    read: () => {},
    write: (response, _, done) => {
      stream.write(method.responseSerialize(response));
      done();
    },
    final: (done) => {
      stream.end();
      done();
    },
  });
  // All that the library asks of a stream is to be read, written and ended.
  handler(inner as unknown as ServerDuplexStream<unknown, unknown>);
  stream.on('end', () => inner.push(null));
  stream.on('data', (bytes: Buffer) => {
    try {
      inner.push(method.requestDeserialize(bytes));
    } catch {
      stream.emit('error', NOT_UNDERSTOOD);
    }
  });
}

// The files are not read by proto-loader, which makes one of all files of a package and leaves out their imports; Python's
// grpcio, for one, cannot link such files.
async function readAnswering(): Promise<ReadonlyMap<string, Answering>> {
  const { ReflectionService } = await import('@grpc/reflection');
  const image = await readFile(new URL('../../proto/gen/image.binpb', import.meta.url));
  const contract: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos: filesOf(image),
  };
  const answering = new Map<string, Answering>();
  // The library tells a server what it answers and nobody else: this is all that it calls of one.
  const listener: Pick<Server, 'addService'> = {
    addService: (definition, handlers) => {
      for (const [name, method] of Object.entries(definition)) {
        answering.set(method.path, { method, handler: handlers[name] as Answering['handler'] });
      }
    },
  };
  new ReflectionService({ contract }).addToServer(listener);
  return answering;
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
