import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes a connection on, and cuts the first one after so many bytes of answers. */
export class CuttingProxy {
  /** How many connections it has cut. */
  cutCount = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, cutAfterBytes: number) {
    this.#server = createServer((client) => {
      const service = connect(port, '127.0.0.1');
      for (const socket of [client, service]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      }
      client.pipe(service);
      let bytes = 0;
      service.on('data', (data) => {
        bytes += data.length;
        if (this.cutCount > 0 || bytes < cutAfterBytes) return void client.write(data);
        this.cutCount += 1;
        client.destroy();
        service.destroy();
      });
      service.on('end', () => client.end());
    });
  }

  /** Listens on a port of its own, in front of the service on another. */
  static async open(port: number, cutAfterBytes: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port, cutAfterBytes);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** Where it listens. */
  get address(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Ends it, with all that goes through it. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
