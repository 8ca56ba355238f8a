import { toError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'

/** What was to be reported; a label of the metric. */
export type Occurrence =
  | 'manifest_push'
  | 'manifest_pull'
  | 'manifest_delete'
  | 'blob_push'
  | 'blob_pull'
  | 'blob_mount'
  | 'blob_delete'
  | 'tag_delete'
  | 'repository_delete'

/**
 * Runs `tell` and resolves with what it failed with, after that was logged and counted. Never rejects: the operation
 * is done, and its caller must not be told that it failed.
 */
export type Report = (occurrence: Occurrence, tell: () => Promise<void>) => Promise<Error | undefined>

export function reporter(repository: string, telemetry: Telemetry = noTelemetry): Report {
  const logger = telemetry.logger.child({ component: 'listener', repository })
  const failures = telemetry.metrics.counter({
    name: 'registry_relay_listener_failures_total',
    help: 'Operations on repositories that the listener could not be told of, or did not take: events lost',
    labels: ['occurrence'],
  })
  return async (occurrence, tell) => {
    try {
      await tell()
      return undefined
    } catch (thrown) {
      const err = toError(thrown)
      failures.add(1, { occurrence })
      logger.error(
        { err, occurrence },
        'what was done to the repository could not be reported: the event is lost',
      )
      return err
    }
  }
}
