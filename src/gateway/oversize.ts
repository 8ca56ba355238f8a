import { CounterBy, type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import type { QuarantineRecord } from './gateway-item.ts'
import { keptBytes, rejectedHeader } from './quarantine.ts'
import type { QuarantineFiles } from './quarantine-files.ts'

/** Makes a record that the topic of what was rejected takes, of one that is too large for it. */
export type Oversize = (record: QuarantineRecord) => Promise<QuarantineRecord>

/**
 * What is too large for the topic is kept whole in a file, where there are files and room in them, and the topic gets the
 * beginning with the name of the file; else it is cut, and the topic gets the beginning. Number of bytes and SHA-256
 * of the whole are in the headers either way.
 */
export function createOversize(files?: QuarantineFiles, telemetry: Telemetry = noTelemetry): Oversize {
  const { logger, metrics } = telemetry
  const oversize = metrics.counter({
    name: 'registry_relay_quarantine_oversize_total',
    help: 'Rejected bodies and events too large for their topic, by what became of them: file, or cut.',
    labels: ['kept'],
  })
  const counter = new CounterBy(oversize, 'kept', ['file', 'cut'])
  return async (record) => {
    const file = await keep(files, record, logger)
    counter.add(file === undefined ? 'cut' : 'file')
    const facts = { bytes: record.value.length, reason: record.headers[rejectedHeader.reason], file }
    logger.warn(facts, 'too large for the topic of what was rejected: only the beginning is in it')
    return {
      ...record,
      value: record.value.subarray(0, keptBytes),
      headers: {
        ...record.headers,
        [rejectedHeader.content]: file === undefined ? 'beginning' : 'file',
        ...(file === undefined ? {} : { [rejectedHeader.file]: file }),
      },
    }
  }
}

/** A file that cannot be written must not hold up what comes behind: then the record is cut. */
async function keep(
  files: QuarantineFiles | undefined,
  { receivedAt, headers, value }: QuarantineRecord,
  logger: Logger,
): Promise<string | undefined> {
  const sha256 = headers[rejectedHeader.sha256] ?? ''
  try {
    return await files?.keep(`${receivedAt}-${sha256.slice(0, 16)}`, value)
  } catch (err) {
    logger.error({ err }, 'a rejected body could not be kept as a file')
    return undefined
  }
}
