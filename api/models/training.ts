import { createHash } from 'node:crypto';
import { priceOf, type ReleasedRow, shareEpsilon } from '../../policies/index.ts';
import { queries } from '../../proto/index.ts';
import { accountsOf, type CollaborationRecord } from '../collaborations/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { askForTable, type Runs } from '../queries/index.ts';

/** What was charged for a training so far. */
export interface TrainingCharge {
  readonly epsilon: number;
  readonly delta: number;
  readonly rho: number;
}

/** Whose training it is, and how much it may spend. */
export interface TrainingBudget {
  readonly collaboration: CollaborationRecord;
  readonly actingFor: string;
  readonly datasetIds: readonly string[];
  readonly epsilon: number;
  /** Names the training among those of its member: the same name asks the same questions again, at no charge. */
  readonly trainingId: string;
}

/**
 * The questions of one training, one after another.
 *
 * A model has no way to data of its own: it asks, in the caller's name, what the caller could have asked, under the same
 * rules and from the same budget.
 */
export class Training {
  readonly #kitchen: Kitchen;
  readonly #runs: Runs;
  readonly #call: Call;
  readonly #budget: TrainingBudget;
  readonly #delta: number;
  readonly #queryIds: string[] = [];
  #rho = 0;
  #deltaSelection = 0;

  private constructor(
    tools: { readonly kitchen: Kitchen; readonly runs: Runs; readonly call: Call },
    budget: TrainingBudget,
    delta: number,
  ) {
    this.#kitchen = tools.kitchen;
    this.#runs = tools.runs;
    this.#call = tools.call;
    this.#budget = budget;
    this.#delta = delta;
  }

  /** Begins a training over the accounts that it will be charged to. */
  static async begin(kitchen: Kitchen, runs: Runs, call: Call, budget: TrainingBudget): Promise<Training> {
    const consumers = [budget.actingFor, call.principal.member];
    const accounts = await accountsOf(kitchen, budget.collaboration, { datasetIds: budget.datasetIds, consumers });
    return new Training({ kitchen, runs, call }, budget, Math.min(...accounts.map((a) => a.deltaLimit)));
  }

  /** The epsilon of each of several questions, by their shares of the whole loss. */
  share(shares: readonly number[]): readonly number[] {
    return shareEpsilon({ epsilon: this.#budget.epsilon, delta: this.#delta }, shares);
  }

  /** Asks the next question. @throws {ServiceError} whatever a question is refused with, or RUN_FAILED */
  async ask(sql: string, epsilon: number): Promise<readonly ReleasedRow[]> {
    const { collaboration, actingFor, trainingId } = this.#budget;
    const { member } = this.#call.principal;
    const question = {
      collaborationId: collaboration.row.collaboration_id,
      sql,
      epsilon,
      onBehalfOf: actingFor === member ? '' : actingFor,
      omitIntervals: false,
      mode: queries.ReleaseMode.PRIVATE,
    };
    const requestId = `model-${nameOf(trainingId)}/${this.#queryIds.length + 1}`;
    const table = await askForTable(this.#kitchen, this.#runs, this.#call, { question, requestId });
    this.#queryIds.push(table.queryId);
    this.#rho += table.charged.rho;
    // A price names the delta of reading rho as epsilon beside that of selections: read once, it is paid once.
    const alone = priceOf({ rho: table.charged.rho, deltaSelection: 0 }, this.#delta);
    this.#deltaSelection += Math.max(0, table.charged.delta - alone.delta);
    return table.rows;
  }

  /** The questions that were asked, in their order. */
  get queryIds(): readonly string[] {
    return this.#queryIds;
  }

  /** What they were charged together. */
  get charged(): TrainingCharge {
    const rho = this.#rho;
    return { ...priceOf({ rho, deltaSelection: this.#deltaSelection }, this.#delta), rho };
  }
}

/** As long whatever the caller's id is, so that a number after it still fits. */
function nameOf(trainingId: string): string {
  return createHash('sha256').update(trainingId).digest('hex');
}
