import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const main = new URL('../main.ts', import.meta.url).pathname;

function galley(args: string[], env: NodeJS.ProcessEnv = {}, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    input,
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
      'keys',
      'collaboration',
      'dataset',
      'ask',
      'remaining',
      'match',
      'audience',
      'destination',
      'effect',
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

  it('hashes identifiers without a service, from a pipe', () => {
    const args = ['identifiers', 'hash', '-', '--format', 'csv', '--column', 'email=email', '--json'];
    const { status, stdout, stderr } = galley(args, {}, 'id,email\n1,user@example.com\n2,nobody\n');
    expect(status).toBe(0);
    // Published by UID2.
    expect(stdout).toBe('id,email\n1,tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ=\n2,\n');
    expect(JSON.parse(stderr)).toMatchObject({ rows: 2, hashed: { email: 1 } });
    expect(galley(['identifiers', 'hash', 'rows.xlsx', '--column', 'e=email'])).toMatchObject({
      status: 2,
      stdout: '',
    });
    expect(galley(['identifiers', 'hash', '-', '--format', 'csv'])).toMatchObject({ status: 2, stdout: '' });
    expect(JSON.parse(galley(['identifiers', 'show-vectors']).stdout)).toHaveProperty('published');
  });

  it('names a file that is of no known format before it sends anything', () => {
    const { status, stderr } = galley(['dataset', 'upload', 'ds-1', 'rows.xlsx', '--server', '127.0.0.1:1']);
    expect(status).toBe(1);
    expect(stderr).toContain('.parquet');
  });
});
