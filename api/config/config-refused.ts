/** Thrown when the configuration cannot be used; `message` says which field and what would do. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
  /** The field as written in the file, for example `tls.certFile`; empty when the whole file is meant. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
