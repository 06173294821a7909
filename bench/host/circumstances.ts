/** What every table of `bench/host` is told. */
export interface Circumstances {
  readonly rounds: number;
  /** The router and who sends to it go before whatever else runs on the machine. */
  readonly realtime: boolean;
  /** Interrupts it; what it made is removed then. */
  readonly signal: AbortSignal;
}
