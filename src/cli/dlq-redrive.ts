import { openDeliverer } from '../app/open-endpoint.ts'
import { stopSignal } from '../app/signals.ts'
import { type OpenDeadLetters, withDeadLetters } from '../app/with-dead-letters.ts'
import { systemClock, systemRandom } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { DeadLetterFilter } from '../operations/dead-letters-filter.ts'
import { type PlannedLetter, planRedrive, type RedriveTo } from '../operations/dead-letters-plan.ts'
import { type RedriveOutcome, redrive } from '../operations/dead-letters-redrive.ts'
import { RedriveTargets } from '../operations/dead-letters-targets.ts'
import type { DlqRedriveOptions } from './dlq.ts'
import { outcomeJson } from './dlq-json.ts'
import { RedriveProgress } from './dlq-progress.ts'
import { planText, redriveText } from './dlq-text.ts'
import { exitCode } from './failure.ts'

/** `registry-relay dlq redrive`. */
export async function dlqRedrive(filter: DeadLetterFilter, options: DlqRedriveOptions): Promise<number> {
  const config = loadConfig(options.config)
  const names = config.bridge.endpoints.map(({ name }) => name)
  const to = redriveTo(options)
  return withDeadLetters(config, async (open) => {
    const planned = await planRedrive(open, filter, to, names)
    if (options.dryRun === true) {
      printPlan(planned, to, options)
      return exitCode.success
    }
    const outcomes = await run(config, open, planned, to, options)
    if (options.json !== true) console.log(redriveText(outcomes))
    return outcomes.every(({ result }) => result === 'redriven') ? exitCode.success : exitCode.failure
  })
}

async function run(
  config: Config,
  open: OpenDeadLetters,
  planned: readonly PlannedLetter[],
  to: RedriveTo,
  options: DlqRedriveOptions,
): Promise<readonly RedriveOutcome[]> {
  const { topic, reader, writer, decoder } = open
  const targets = new RedriveTargets(to, {
    writer,
    decoder,
    endpoints: config.bridge.endpoints,
    openDeliverer: (name) => openDeliverer(config, name),
  })
  const outcomes: RedriveOutcome[] = []
  const progress = new RedriveProgress(process.stderr, planned.length, systemClock)
  const stopping = new AbortController()
  const stop = stopSignal(() => process.exit(exitCode.failure))
  void stop.received.then((name) => stopping.abort(new Error(name)))
  try {
    await redrive(planned, {
      topic,
      reader,
      writer,
      target: (name) => targets.of(name),
      perSecond: options.rate,
      onOutcome(outcome) {
        outcomes.push(outcome)
        if (options.json === true) console.log(outcomeJson(outcome))
        else progress.add(outcome)
      },
      signal: stopping.signal,
      clock: systemClock,
      random: systemRandom,
    })
  } finally {
    stop.release()
    progress.clear()
    await targets.close()
  }
  return outcomes
}

function printPlan(planned: readonly PlannedLetter[], to: RedriveTo, { json }: DlqRedriveOptions): void {
  if (json !== true) console.log(planText(planned, to.kind))
  else {
    for (const { letter, name } of planned) {
      console.log(outcomeJson({ letter, to: `${to.kind} ${name}`, result: 'planned' }))
    }
  }
}

function redriveTo({ toTopic, toEndpoint }: DlqRedriveOptions): RedriveTo {
  if (toTopic === undefined) return { kind: 'endpoint', name: toEndpoint }
  return { kind: 'topic', name: toTopic === true ? undefined : toTopic }
}
