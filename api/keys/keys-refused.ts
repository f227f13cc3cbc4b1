/** Thrown when keys cannot be changed or shown as asked; `message` says what to do. */
export class KeysRefused extends Error {
  override readonly name = 'KeysRefused';
}
