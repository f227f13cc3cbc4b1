/** Thrown when a destination could not be reached or did not confirm; of its own words only a status is kept. */
export class DestinationFailed extends Error {
  override readonly name = 'DestinationFailed';
  readonly reason: 'destination-unreachable' | 'destination-failed';
  /** A word of a closed list of the protocol: the name of a gRPC status, the number of an HTTP one. */
  readonly status: string;

  constructor(reason: DestinationFailed['reason'], status: string) {
    super(`${reason}: ${status}`);
    this.reason = reason;
    this.status = status;
  }
}
