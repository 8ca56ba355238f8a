import { openDeliverer } from '../app/open-endpoint.ts'
import { stopSignal } from '../app/signals.ts'
import { type OpenDeadLetters, withDeadLetters } from '../app/with-dead-letters.ts'
import { systemClock, systemRandom } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { DeadLetterFilter } from '../operations/dead-letters-filter.ts'
import {
  type PlannedLetter,
  planRedrive,
  type RedriveNames,
  type RedriveTo,
} from '../operations/dead-letters-plan.ts'
import { type RedriveOutcome, redrive } from '../operations/dead-letters-redrive.ts'
import { RedriveTargets } from '../operations/dead-letters-targets.ts'
import { configSource } from './config-options.ts'
import type { DlqRedriveOptions } from './dlq.ts'
import { outcomeJson } from './dlq-json.ts'
import { RedriveProgress } from './dlq-progress.ts'
import { planText, redriveText } from './dlq-text.ts'
import { exitCode, reportUsage } from './failure.ts'
import { tellWait } from './kafka-wait.ts'
import { namedCommands } from './named-commands.ts'
import { endNow, tellStop } from './stop-note.ts'
import { tell } from './tell.ts'

/** `registry-relay dlq redrive`. */
export async function dlqRedrive(filter: DeadLetterFilter, options: DlqRedriveOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const to = redriveTo(options)
  return withDeadLetters(config, tellWait, async (open) => {
    const plan = await planRedrive(open, filter, to, redriveNames(config))
    if (plan.kind === 'refused') return reportUsage('registry-relay dlq redrive', plan.reason)
    const { letters, remarks } = plan
    for (const { text } of remarks) tell(text)
    const allFound = remarks.every(({ failure }) => !failure)
    if (options.dryRun === true) {
      printPlan(letters, to, options)
      return allFound ? exitCode.success : exitCode.failure
    }
    const outcomes = await run(config, open, letters, to, options)
    const allDone = allFound && outcomes.every(({ result }) => result === 'redriven')
    return allDone ? exitCode.success : exitCode.failure
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
  const stop = stopSignal({ onImpatience: endNow })
  void stop.received.then((name) => {
    progress.clear()
    tellStop(name)
    stopping.abort(new Error(name))
  })
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
    // Also where it ends with an error: what was sent is sent.
    if (options.json !== true && (outcomes.length > 0 || planned.length === 0))
      console.log(namedCommands(redriveText(outcomes), options))
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

function redriveNames({ bridge, topics }: Config): RedriveNames {
  return {
    endpoints: bridge.endpoints.map(({ name }) => name),
    topics: [...new Set([topics.events, ...topics.routes.map(({ topic }) => topic)])],
  }
}

function redriveTo({ toTopic, toEndpoint }: DlqRedriveOptions): RedriveTo {
  if (toTopic === undefined) return { kind: 'endpoint', name: toEndpoint }
  return { kind: 'topic', name: toTopic === true ? undefined : toTopic }
}
