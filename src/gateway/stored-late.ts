import type { Counter, Metrics } from '../telemetry.ts'

/** Counted where it is seen: by the filter for what it can recognise, by the spool's sink for the rest. */
export function storedLateCounter(metrics: Metrics): Counter {
  return metrics.counter({
    name: 'registry_relay_gateway_events_stored_late_total',
    help: 'Events and rejected bodies stored although their sender was told to post them again; a repeat with an id is recognised.',
  })
}
