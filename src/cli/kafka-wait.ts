import { tell } from './tell.ts'

/** Says on standard error why nothing is seen of a command. */
export function tellWait(brokers: readonly string[]): void {
  tell(`waiting for Kafka at ${brokers.join(', ')} …`)
}
