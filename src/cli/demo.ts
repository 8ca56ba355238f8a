import { startDemo } from '../app/demo.ts'
import { stopSignal } from '../app/signals.ts'
import { Supervisor } from '../app/supervisor.ts'
import { createTelemetry } from '../app/telemetry.ts'
import { humanDemo } from './demo-human.ts'
import { jsonDemo } from './demo-output.ts'
import { exitCode } from './failure.ts'
import { LineOutput } from './line-output.ts'
import { endNow } from './stop-note.ts'

export interface DemoCommandOptions {
  readonly once?: boolean
  readonly json?: boolean
  readonly deliverTo?: string
  readonly samples: boolean
  readonly keep?: string
}

/** How long the samples may take to arrive; far more than they need, far less than a person waits. */
const patienceMs = 45_000

/** `registry-relay demo`. */
export async function demo(options: DemoCommandOptions): Promise<number> {
  // Standard output is the demo's own; what goes wrong inside is logged beside it.
  const telemetry = createTelemetry({ level: 'warn', format: 'auto' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  const lines = new LineOutput(process.stdout)
  const output =
    options.json === true
      ? jsonDemo((line) => void lines.line(line))
      : humanDemo(process.stdout, process.stderr)
  const stop = stopSignal({ onImpatience: endNow })
  let asked = false
  const interrupted = stop.received.then(() => {
    asked = true
    return undefined
  })

  try {
    const starting = startDemo(
      {
        deliverTo: options.deliverTo,
        keep: options.keep,
        onProgress: output.progress,
        onDelivered: output.delivered,
      },
      supervisor,
      telemetry,
    )
    // Interrupted, the start may still be fetching server jars: it is not waited for, and its children end with us.
    starting.catch(() => undefined)
    const running = await Promise.race([starting, interrupted])
    if (running === undefined) return exitCode.success
    output.ready(running.addresses)

    let code: number = exitCode.success
    if (options.samples) {
      const outcome = await Promise.race([running.postSamples(patienceMs), interrupted])
      if (outcome === undefined) return exitCode.success
      output.finished(outcome)
      const whole = outcome.problems.length === 0 && outcome.identical === outcome.posted && outcome.inOrder
      code = whole ? exitCode.success : exitCode.failure
    }
    if (options.once === true) return code
    output.staying(running.addresses)
    // Whoever no longer reads it has no Ctrl-C for it either.
    await Promise.race([interrupted, lines.closed])
    return exitCode.success
  } finally {
    if (asked) output.stopping()
    await supervisor.stop()
    stop.release()
    if (asked) process.exit(exitCode.success)
  }
}
