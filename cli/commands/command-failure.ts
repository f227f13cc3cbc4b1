import type { ServiceError } from '@grpc/grpc-js';
import { type Refusal, readRefusal } from '../refusal.ts';

/** A call that the service refused, with the SQL it carried, so that violations can be shown in it. */
export class RefusedCall extends Error {
  readonly refusal: Refusal;
  readonly sql: string;

  constructor(error: ServiceError, sql: string) {
    super(error.details);
    this.name = 'RefusedCall';
    this.refusal = readRefusal(error);
    this.sql = sql;
  }
}

/** A command that was given something it cannot work with; the message says what and how. */
export class UsageFault extends Error {}

/**
 * What the shell learns: 1 when the service refused or the world failed, 2 when the command was wrong, 3 when a price
 * awaits a yes.
 */
export const exitCodes = { failed: 1, usage: 2, unconfirmed: 3 } as const;
