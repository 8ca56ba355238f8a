import { type Checked, type Fault, numberOf } from './topic-checks.ts'
import type { TopicSpec } from './topics.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Whoever stops on a Friday evening must find on Monday what came in between. */
const weekendMs = 3 * day
/** About a million events, which a busy registry makes in a day. */
const roomyBytes = 1024 ** 3
/** Kafka's own default is a little more, and an event with its text and headers is seldom as large. */
const roomyRecord = 1024 ** 2
/** A gateway keeps events for as long as Kafka is away, and their timestamps are those of their arrival. */
const spooledMs = 7 * day

/** Checks of how long and how large: what is kept for less than it should be, and what is refused. */
export function limitFaults(checked: Checked, spec: TopicSpec, largestRecord: number): readonly Fault[] {
  return [
    retentionTime(checked, spec),
    retentionBytes(checked),
    recordSize(checked, spec, largestRecord),
    ...timestamps(checked),
  ].filter((fault) => fault !== undefined)
}

function retentionTime({ found }: Checked, { settings }: TopicSpec): Fault | undefined {
  const ms = numberOf(found, 'retention.ms')
  const wanted = settings['retention.ms']
  if (ms === undefined || ms === -1 || wanted === undefined || ms >= Number(wanted)) return undefined
  return {
    setting: 'retention.ms',
    found: String(ms),
    wanted,
    severity: ms < weekendMs ? 'danger' : 'notice',
    why: 'a consumer that is away for longer never gets the events that came meanwhile',
    action: `set it to ${wanted}, or as long as a consumer can be away`,
  }
}

function retentionBytes({ found }: Checked): Fault | undefined {
  const bytes = numberOf(found, 'retention.bytes')
  if (bytes === undefined || bytes === -1) return undefined
  return {
    setting: 'retention.bytes',
    found: String(bytes),
    wanted: '-1',
    severity: bytes < roomyBytes ? 'danger' : 'notice',
    why: 'when there is much to store, events are deleted before retention.ms is over, read or not',
    action: 'set it to -1, and watch the disks of the brokers',
  }
}

/** `largestRecord`: what a record of this topic may have to hold because another topic takes it, in bytes; 0 if nothing. */
function recordSize({ role, found }: Checked, spec: TopicSpec, largestRecord: number): Fault | undefined {
  const bytes = numberOf(found, 'max.message.bytes')
  const wanted = Math.max(Number(spec.settings['max.message.bytes'] ?? 0), largestRecord)
  if (bytes === undefined || bytes >= wanted) return undefined
  const fault = {
    setting: 'max.message.bytes',
    found: String(bytes),
    wanted: String(wanted),
    action: `set it to ${wanted}`,
  }
  switch (role) {
    case 'dead-letters':
      return {
        ...fault,
        severity: largestRecord > bytes ? 'danger' : 'notice',
        why: 'a dead letter is a record and its reason: one that is too large for this topic holds up its partition for ever',
      }
    case 'rejected':
      return {
        ...fault,
        severity: 'notice',
        why: 'of what is rejected and larger than this only the beginning is in the topic',
      }
    default:
      return {
        ...fault,
        severity: bytes < roomyRecord ? 'danger' : 'notice',
        why: `an event of more than ${bytes} bytes is not published: it is kept in the topic of what was rejected`,
      }
  }
}

function timestamps({ found }: Checked): readonly (Fault | undefined)[] {
  if (found.settings?.get('message.timestamp.type') === 'LogAppendTime') {
    return [
      {
        setting: 'message.timestamp.type',
        found: 'LogAppendTime',
        wanted: 'CreateTime',
        severity: 'notice',
        why: 'the time of a record is that of its arrival in Kafka, not in the gateway: after an outage the two differ by its length',
        action: 'set it to CreateTime',
      },
    ]
  }
  return [
    ...['message.timestamp.before.max.ms', 'message.timestamp.difference.max.ms'].map((setting) =>
      tooOld(setting, numberOf(found, setting)),
    ),
    tooNew(numberOf(found, 'message.timestamp.after.max.ms')),
  ]
}

function tooOld(setting: string, ms: number | undefined): Fault | undefined {
  if (ms === undefined || ms >= spooledMs) return undefined
  return {
    setting,
    found: String(ms),
    wanted: '9223372036854775807',
    severity: 'danger',
    why: 'Kafka refuses events that waited in the spool for longer, and they end among the rejected ones',
    action: 'set it to 9223372036854775807, which is no limit',
  }
}

/** Kafka 4 has an hour here. The clocks of a gateway and a broker are seconds apart, or somebody forgot NTP. */
function tooNew(ms: number | undefined): Fault | undefined {
  if (ms === undefined || ms >= hour) return undefined
  return {
    setting: 'message.timestamp.after.max.ms',
    found: String(ms),
    wanted: String(hour),
    severity: ms < minute ? 'danger' : 'notice',
    why: 'Kafka refuses the events of a gateway whose clock is ahead by more, and they end among the rejected ones',
    action: `set it to ${hour}`,
  }
}
