import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { functions } from '../../proto/index.ts';
import { printable, renderTable, renderViolations } from '../render/index.ts';
import { when } from './collaboration-text.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { exitCodes, UsageFault } from './command-failure.ts';
import { collect } from './parse-option.ts';
import { parameterSyntax, parseParameter, parseResult, resultSyntax, signatureText } from './parse-signature.ts';

interface CodeOptions {
  readonly collaboration: string;
  readonly name: string;
  readonly file: string;
  readonly parameter: functions.FunctionParameter[];
  readonly returns: functions.FunctionResult;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
}

/** Adds `function …`: code that scores rows within questions. */
export function addFunctionCommands(program: Command): void {
  const group = program
    .command('function')
    .description('scoring functions: your code, called for each row within questions as member.name(…)');
  addSubmit(group);
  addCheck(group);
  addReads(group);
  addRetire(group);
}

function withCode(command: Command): Command {
  return command
    .requiredOption('--collaboration <id>', 'where questions may use it')
    .requiredOption('--name <name>', 'its name: questions say member.name(…)')
    .requiredOption('--file <file>', 'the code: .js for JavaScript, .wasm for a WebAssembly module')
    .requiredOption('--parameter <parameter>', `${parameterSyntax}; repeat, in order`, collect(parseParameter))
    .requiredOption('--returns <result>', `what it gives: ${resultSyntax}`, parseResult)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for');
}

function addSubmit(group: Command): void {
  withCode(group.command('submit'))
    .description('submit code; under a name that is there already it becomes the next version')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .addHelpText(
      'after',
      `\nfor example: galley function submit --collaboration ID --name churn --file churn.js \\
    --parameter 'recency integer' --parameter 'tier text(gold,silver)' --returns 'number(3) between 0 and 1'
owners permit it in their rules: "functions": ["standard", "member/name"]`,
    )
    .action((options: CodeOptions, command: Command) => {
      const request = requestOf(options);
      const requestId = options.requestId ?? randomUUID();
      const work = async ({ client, show }: CommandContext): Promise<void> => {
        const kept = await client.functions.submit({ ...request, requestId });
        show(functions.ScoringFunction.toJSON(kept), () => renderFunction(kept));
      };
      return runCommand(command, work, sourceOf(request));
    });
}

function addCheck(group: Command): void {
  withCode(group.command('check'))
    .description('say what would be refused, and keep nothing')
    .action((options: CodeOptions, command: Command) => {
      const request = requestOf(options);
      return runCommand(command, async ({ client, show }) => {
        const checked = await client.functions.check(request);
        if (checked.faults.length > 0) process.exitCode = exitCodes.failed;
        show(functions.CheckFunctionResponse.toJSON(checked), () => renderChecked(request, checked));
      });
    });
}

function addReads(group: Command): void {
  group
    .command('list')
    .description('the functions of a collaboration, retired ones too')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((options: { collaboration: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.functions.list(options.collaboration);
        const rows = all.map((one) => [one.functionId, nameOf(one), one.version, signatureText(one), stateOf(one)]);
        show(all.map(functions.ScoringFunction.toJSON), () =>
          renderTable(['id', 'function', 'version', 'signature', 'state'], rows),
        );
      }),
    );
  group
    .command('show <function>')
    .description('one function: its signature and the digest of its code, which itself nobody can read')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const one = await client.functions.get(id);
        show(functions.ScoringFunction.toJSON(one), () => renderFunction(one));
      }),
    );
}

function addRetire(group: Command): void {
  group
    .command('retire <function>')
    .description('end a function: new questions do not find it; audiences that were defined with it keep it')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const one = await client.functions.retire(id);
        show(functions.ScoringFunction.toJSON(one), () => renderFunction(one));
      }),
    );
}

function requestOf(options: CodeOptions): functions.CheckFunctionRequest {
  return {
    collaborationId: options.collaboration,
    name: options.name,
    language: languageOf(options.file),
    code: readFileSync(options.file),
    parameters: options.parameter,
    returns: options.returns,
    onBehalfOf: options.onBehalfOf ?? '',
  };
}

function languageOf(path: string): functions.FunctionLanguage {
  if (/\.m?js$/iu.test(path)) return functions.FunctionLanguage.JAVASCRIPT;
  if (/\.wasm$/iu.test(path)) return functions.FunctionLanguage.WASM;
  throw new UsageFault(`\`${path}\` does not end in .js or .wasm`);
}

/** The text that places of faults point into; a module has none. */
function sourceOf({ language, code }: functions.CheckFunctionRequest): string {
  return language === functions.FunctionLanguage.JAVASCRIPT ? Buffer.from(code).toString('utf8') : '';
}

function renderChecked(
  request: functions.CheckFunctionRequest,
  { faults, digest }: functions.CheckFunctionResponse,
): string {
  if (faults.length === 0) return `it would be kept, with the digest ${digest}`;
  return `it would be refused:\n\n${renderViolations(sourceOf(request), faults)}`;
}

function renderFunction(one: functions.ScoringFunction): string {
  const lines = [
    `${nameOf(one)}${signatureText(one)}`,
    `  ${one.functionId}, version ${one.version}, ${one.codeBytes} bytes, ${stateOf(one)}`,
    `  digest ${one.digest}`,
  ];
  return lines.map(printable).join('\n');
}

function nameOf({ member, name }: functions.ScoringFunction): string {
  return `${member}.${name}`;
}

function stateOf({ submittedAt, submittedFor, member, retiredAt }: functions.ScoringFunction): string {
  const forWhom = submittedFor === member ? '' : ` for ${submittedFor}`;
  const since = `submitted ${when(submittedAt)}${forWhom}`;
  return retiredAt === undefined ? since : `${since}, retired ${when(retiredAt)}`;
}
