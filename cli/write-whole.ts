import { open, rename } from 'node:fs/promises';

const OWNER_ONLY_MODE = 0o600;

/** Writes a small file so that it is the old one or the new one, whatever happens meanwhile, and durable when this returns. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const half = `${path}.part`;
  const file = await open(half, 'w', OWNER_ONLY_MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(half, path);
}
