import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const main = new URL('../main.ts', import.meta.url).pathname;

function galley(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

describe('galley', () => {
  it('lists its commands', () => {
    const { status, stdout } = galley(['--help']);
    expect(status).toBe(0);
    for (const name of [
      'token',
      'doctor',
      'collaboration',
      'dataset',
      'ask',
      'remaining',
      'audience',
      'destination',
      'audit',
    ]) {
      expect(stdout).toContain(`\n  ${name} `);
    }
  });

  it('answers wrong use with what would be right, on stderr, with exit code 2', () => {
    const wrong = galley(['dataset', 'create', 'orders', '--column', 'spend:money']);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toContain('decimal');
    expect(galley(['asq'])).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean ask?') });
    expect(galley(['ask', '--collaboration', 'c'])).toMatchObject({ status: 2 });
  });

  it('says what to do when no service listens, as text and as JSON', () => {
    // Port 1 of loopback: nobody listens there.
    const text = galley(['--server', '127.0.0.1:1', 'dataset', 'list'], { GALLEY_TOKEN: 'x' });
    expect(text).toMatchObject({ status: 1, stdout: '' });
    expect(text.stderr).toContain('is the service running?');
    const json = galley(['dataset', 'list', '--json', '--server', '127.0.0.1:1'], { GALLEY_TOKEN: 'x' });
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'UNAVAILABLE' } });
  });

  it('names a file that is of no known format before it sends anything', () => {
    const { status, stderr } = galley(['dataset', 'upload', 'ds-1', 'rows.xlsx', '--server', '127.0.0.1:1']);
    expect(status).toBe(1);
    expect(stderr).toContain('.parquet');
  });
});
