/**
 * One server of a local stack. Every method may be called in any state and any number of times: stopping what is
 * stopped and starting what runs do nothing. Calls are carried out one after the other, in the order they were made.
 */
export interface LocalServer {
  /** `kafka`, `schema-registry`. */
  readonly name: string
  /** Version of the program; `unknown` for a server that runs already. */
  readonly version: string
  /** The last lines it wrote, up to 1,000. */
  logs(): string
  /** Ends it in good order (SIGTERM, after 10 s SIGKILL). Ports and data are kept for {@link start}. */
  stop(): Promise<void>
  /** `kill -9`: resolves when it is dead. */
  kill(): Promise<void>
  /** Makes it stand still (SIGSTOP): connections stay open and nobody answers. */
  pause(): void
  /** Ends {@link pause}. */
  resume(): void
  /**
   * Starts it again on the same ports and data; resolves when it answers requests.
   * Fails with REAL_PARTS_FAILED and the last lines of its log.
   */
  start(): Promise<void>
}
