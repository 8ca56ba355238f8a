/**
 * Prints test/fixtures/avro/registry-event.v1.jsonl: recorded bodies, and their data as the second implementation of
 * Avro writes them from its own reading of the body.
 */
import { readEnvelope } from '../src/event/envelope.ts'
import { recordedBodies } from '../test/support/notification-fixtures.ts'
import { secondAvro } from '../test/support/second-avro.ts'

const profiles = {
  'distribution-2.8.2': 'distribution-2',
  'distribution-3.1.1': 'distribution-3',
  'gitlab-4.32.0': 'gitlab',
} as const

/** The first of each set, scenario kind and action, so that every member which a registry ever sent occurs. */
const seen = new Set<string>()
const picked = recordedBodies().filter(({ set, body, action }) => {
  const [received] = readEnvelope(body).events
  if (received === undefined || received.envelopeText.includes('\\ufffd')) return false
  const members = JSON.stringify(received.event, (_, value) =>
    value instanceof Map ? [...value.keys()] : value,
  )
  const kind = `${set} ${action} ${[...new Set(members.match(/"\w+":/g))].sort().join()}`
  if (seen.has(kind)) return false
  seen.add(kind)
  return true
})

const lines = picked.map(({ set, file, body, contentType }, index) => {
  const [event] = readEnvelope(body).events
  const gitlab =
    event?.event.meta ??
    event?.event.actor?.user ??
    event?.event.actor?.userType ??
    event?.event.target?.rename
  return {
    name: `${set} ${file}`,
    body: body.toString(),
    ingest: {
      received_at: 1_790_000_000_123 + index,
      publisher_id: 'gateway-1',
      envelope_id: `envelope-${index}`,
      envelope_index: 0,
      envelope_count: 1,
      content_type: contentType,
      // Without members of its own, GitLab writes what a rebuilt Distribution 2 writes, and the first of the two is tried first.
      profile: set === 'gitlab-4.32.0' && gitlab === undefined ? 'distribution-2' : profiles[set],
    },
  }
})
const data = secondAvro('make', lines)
process.stdout.write(
  lines.map((line, index) => `${JSON.stringify({ ...line, datum: data[index] })}\n`).join(''),
)
