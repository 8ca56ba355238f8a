/** The places on the path of an event at which the gateway can be made to die. */
const points = [
  'body.read',
  'parsed',
  'spool.appended',
  'spool.fsynced',
  'response.sent',
  'produce.sent',
  'produce.acked',
  'spool.marked',
  'segment.deleted',
] as const

/** `during`: half of it is done, as a write that a kill cuts in two leaves it. */
export type Phase = 'before' | 'during' | 'after'
export type Point = `${(typeof points)[number]}:${Phase}`

/** The ack modes of the gateway. */
export type Mode = 'spool' | 'kafka'

/** All that the gateway passes in this mode. */
export function pointsOf(mode: Mode): readonly Point[] {
  const passed = points.filter((name) => mode === 'spool' || !/^(spool|segment)\./.test(name))
  const sides = passed.flatMap((name): Point[] => [`${name}:before`, `${name}:after`])
  return mode === 'spool' ? [...sides, 'spool.appended:during'] : sides
}
