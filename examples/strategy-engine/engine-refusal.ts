/** Why the engine refuses: its names are gRPC status names. */
export type EngineRefusalCode = 'FAILED_PRECONDITION' | 'INVALID_ARGUMENT';

/** A call that the engine refuses without having changed anything. */
export class EngineRefusal extends Error {
  readonly code: EngineRefusalCode;

  constructor(code: EngineRefusalCode, message: string) {
    super(message);
    this.name = 'EngineRefusal';
    this.code = code;
  }
}
