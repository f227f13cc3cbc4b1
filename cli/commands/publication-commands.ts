import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { audiences } from '../../proto/index.ts';
import { formatNumber, printable } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { parseEpsilon } from './parse-option.ts';

type Duration = NonNullable<audiences.DeliveryPlan['refreshEvery']>;

const secondsOf: Readonly<Record<string, bigint>> = { h: 3_600n, d: 86_400n };

const states: Readonly<Record<number, string>> = {
  [audiences.ActivationState.ACCEPTED]: 'accepted, delivery under way',
  [audiences.ActivationState.DELIVERED]: 'delivered',
  [audiences.ActivationState.REVOKING]: 'withdrawal under way',
  [audiences.ActivationState.REVOKED]: 'withdrawn',
};

interface ScheduleOptions {
  readonly refreshEvery?: Duration;
  readonly expires?: Date;
}

interface ActivateOptions extends ScheduleOptions {
  readonly delta?: true;
  readonly blur?: number;
  readonly requestId?: string;
}

/** Adds what is done with publications: `audience activate|refresh|schedule|revoke`. */
export function addPublicationCommands(group: Command): void {
  addSchedule(
    group
      .command('activate <audience> <destination>')
      .description('publish an audience; refused when its protected size is under the minimum'),
  )
    .option('--delta', 'later send only what came and went, where the destination has the rest')
    .option(
      '--blur <epsilon>',
      'leave out and bring in persons by chance, so that membership can be denied',
      parseEpsilon,
    )
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((audienceId: string, destinationId: string, options: ActivateOptions, command: Command) =>
      runCommand(command, async (context) => {
        const request = { audienceId, destinationId, requestId: options.requestId ?? randomUUID() };
        showActivation(context, await context.client.audiences.activate({ ...request, plan: planOf(options) }));
      }),
    );
  group
    .command('refresh <audience> <destination>')
    .description('publish again from the newest data; charged for a size and a number of changed persons')
    .action((audienceId: string, destinationId: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const answer = await client.audiences.refresh(audienceId, destinationId);
        const charged = formatNumber(answer.charged?.epsilon ?? 0, 4);
        show(audiences.RefreshActivationResponse.toJSON(answer), () => `accepted, charged epsilon ${charged}`);
      }),
    );
  addSchedule(
    group
      .command('schedule <audience> <destination>')
      .description('change when a publication is refreshed and when it ends; what is left out is never'),
  ).action((audienceId: string, destinationId: string, options: ScheduleOptions, command: Command) =>
    runCommand(command, async (context) => {
      const request = { audienceId, destinationId, refreshEvery: options.refreshEvery, expiresAt: options.expires };
      showActivation(context, await context.client.audiences.schedule(request));
    }),
  );
  group
    .command('revoke <audience> <destination>')
    .description('withdraw an audience from a destination')
    .action((audienceId: string, destinationId: string, _options: object, command: Command) =>
      runCommand(command, async (context) =>
        showActivation(context, await context.client.audiences.revoke(audienceId, destinationId)),
      ),
    );
}

function addSchedule(command: Command): Command {
  return command
    .option('--refresh-every <time>', 'publish again after each such time: hours or days, as 24h or 7d', parseDuration)
    .option('--expires <time>', 'end by itself at this time, as 2031-01-31 or 2031-01-31T12:00:00Z', parseTime);
}

function planOf({ delta, refreshEvery, expires, blur }: ActivateOptions): audiences.DeliveryPlan {
  return {
    mode: delta === true ? audiences.DeliveryMode.DELTA : audiences.DeliveryMode.FULL,
    refreshEvery,
    expiresAt: expires,
    deniability: blur === undefined ? undefined : { dropProbability: 0, addProbability: 0, epsilon: blur },
  };
}

function parseDuration(value: string): Duration {
  const [, count = '', unit = ''] = /^(\d{1,4})([hd])$/u.exec(value) ?? [];
  const seconds = secondsOf[unit];
  if (seconds === undefined) throw new InvalidArgumentError('it must be hours or days, as 24h or 7d');
  return { seconds: BigInt(count) * seconds, nanos: 0 };
}

function parseTime(value: string): Date {
  const time = /^\d{4}-\d{2}-\d{2}/u.test(value) ? new Date(value) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('it must be a time as 2031-01-31T12:00:00Z');
  return time;
}

function showActivation({ show }: CommandContext, activation: audiences.Activation): void {
  show(
    audiences.Activation.toJSON(activation),
    () => `${activationText(activation)}\nits receipt: galley audience receipt ${activation.activationId}`,
  );
}

/** A publication in a few words. */
export function activationText(activation: audiences.Activation): string {
  const { destinationId, state, receipt, deniability, expiresAt, refreshEvery, stoppedReason } = activation;
  const parts = [
    states[state] ?? '?',
    receipt === '' ? null : `receipt ${printable(receipt)}`,
    deniability === undefined ? null : `blurred, epsilon ${formatNumber(deniability.epsilon, 2)}`,
    refreshEvery === undefined || stoppedReason !== ''
      ? null
      : `refreshed every ${refreshEvery.seconds / 3_600n} hours`,
    stoppedReason === '' ? null : `no longer refreshed: ${printable(stoppedReason)}`,
    expiresAt === undefined ? null : `ends ${expiresAt.toISOString()}`,
  ];
  return `${printable(destinationId)}: ${parts.filter((part) => part !== null).join(', ')}`;
}
