import type { Command } from 'commander';
import { uploads } from '../../proto/index.ts';
import { nameState, renderTable } from '../render/index.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';

/** Adds `upload …`: files on their way in. */
export function addUploadCommands(program: Command): void {
  const group = program.command('upload').description('files on their way into datasets');
  group
    .command('list')
    .description("the uploads of the caller's member, newest first")
    .action((_options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.uploads.list();
        const head = ['id', 'file', 'state', 'bytes here', 'of', 'begun', 'expires'];
        show(all.map(uploads.Upload.toJSON), () => renderTable(head, all.map(rowOf)));
      }),
    );
  group
    .command('show <upload>')
    .description('how far one upload is')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const upload = await client.uploads.get(id);
        show(uploads.Upload.toJSON(upload), () => renderUpload(upload));
      }),
    );
  group
    .command('abandon <upload>')
    .description('throw an upload away, with all that has arrived of it')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        await client.uploads.abandon(id);
        show({ abandoned: id }, () => `upload ${id} is gone`);
      }),
    );
}

function rowOf(one: uploads.Upload): (string | number)[] {
  const of = one.declaredBytes === 0n ? '' : Number(one.declaredBytes);
  const expires = one.expiresAt === undefined ? '' : when(one.expiresAt);
  return [
    one.uploadId,
    one.fileName,
    nameState(one.state),
    Number(one.committedBytes),
    of,
    when(one.createdAt),
    expires,
  ];
}

function renderUpload(one: uploads.Upload): string {
  const facts: [string, string | number][] = [
    ['upload', one.uploadId],
    ['file', one.fileName],
    ['request id', one.requestId],
    ['state', nameState(one.state)],
    ['bytes here', Number(one.committedBytes)],
    ['bytes of the file', one.declaredBytes === 0n ? 'not known' : Number(one.declaredBytes)],
    ['dataset', one.datasetId],
    ['snapshot', one.snapshotId],
    ['begun', when(one.createdAt)],
    ['expires', one.expiresAt === undefined ? 'never' : when(one.expiresAt)],
  ];
  return renderTable(['', ''], facts);
}
