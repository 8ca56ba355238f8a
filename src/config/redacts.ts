import type { RedactConfig } from './gateway-config.ts'

/** Whether anything is redacted: events then are stored with other bytes than were posted. */
export function redacts({ preset, rules }: Pick<RedactConfig, 'preset' | 'rules'>): boolean {
  return preset !== 'none' || rules.length > 0
}
