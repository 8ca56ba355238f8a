import { totalmem } from 'node:os'
import type { MetricSpec } from '../telemetry.ts'

export const memoryLimit: MetricSpec = {
  name: 'registry_relay_memory_limit_bytes',
  help: 'Memory above which the system ends the process, as of a container; not there without such a limit',
  labels: [],
}

/**
 * Bytes that this process and those beside it in its control group may use; undefined without a limit that means anything.
 * Where there is none the system says so with a number (0, or 2^63 and about) that no machine has.
 */
export function memoryLimitBytes(
  constrained: number = process.constrainedMemory(),
  machine: number = totalmem(),
): number | undefined {
  return constrained > 0 && constrained <= machine ? constrained : undefined
}
