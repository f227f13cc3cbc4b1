// The host's own compiler, as far as we use it. The types of the language's library leave it to browsers' libraries.

type Exported = (...values: (number | bigint)[]) => number | bigint | undefined;

interface HostCompiler {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => { exports: Readonly<Record<string, unknown>> };
}

const { WebAssembly: compiler } = globalThis as unknown as { WebAssembly: HostCompiler };

/** Whether the host takes the module. */
export function isValidModule(bytes: Uint8Array<ArrayBuffer>): boolean {
  return compiler.validate(bytes);
}

/** A module at work. */
export interface RunningModule {
  call(name: string, ...values: (number | bigint)[]): number | bigint | undefined;
  exported(name: string): unknown;
}

/** Compiles a valid module without imports and makes its one instance. */
export function instantiate(bytes: Uint8Array<ArrayBuffer>): RunningModule {
  const { exports } = new compiler.Instance(new compiler.Module(bytes));
  return {
    call: (name, ...values) => (exports[name] as Exported)(...values),
    exported: (name) => exports[name],
  };
}
