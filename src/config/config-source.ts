/** Where a configuration comes from. What is set by hand beats the file, and the file beats the defaults. */
export interface ConfigSource {
  /**
   * The file that was named. Without it the variable `REGISTRY_RELAY_CONFIG` names one, and else it is `registry-relay.yaml`
   * in the working folder, which need not be there where settings are given.
   */
  readonly file?: string | undefined
  /** `path=value` each, as `kafka.brokers=host:9092`. The last one of a path counts. */
  readonly settings: readonly string[]
}
