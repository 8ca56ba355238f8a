/** Says on standard error why nothing is seen of a command. */
export function tellWait(brokers: readonly string[]): void {
  console.error(`waiting for Kafka at ${brokers.join(', ')} …`)
}
