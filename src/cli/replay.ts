import { withAdmin } from '../app/kafka-admin.ts'
import { openReplay } from '../app/open-replay.ts'
import { stopSignal } from '../app/signals.ts'
import { createTelemetry } from '../app/telemetry.ts'
import { systemClock, systemRandom } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { type ReplayEnd, runReplay } from '../operations/replay.ts'
import {
  beginReplay,
  type PreparedReplay,
  prepareReplay,
  type ReplayAdmin,
} from '../operations/replay-prepare.ts'
import type { Logger, Telemetry } from '../telemetry.ts'
import { exitCode } from './failure.ts'
import { ProgressLine } from './progress-line.ts'
import {
  dryRunJson,
  dryRunText,
  endJson,
  endText,
  progressText,
  shellWord,
  startText,
} from './replay-human.ts'
import { type ReplayCommandOptions, replayRequest, WrongOption } from './replay-options.ts'
import { ReplayPace } from './replay-pace.ts'

/** `registry-relay replay`. */
export async function replay(options: ReplayCommandOptions): Promise<number> {
  const config = loadConfig(options.config)
  try {
    return await withAdmin(config.kafka, (admin) => withKafka(options, config, admin))
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error
    console.error(`error: ${error.message}`)
    return exitCode.usage
  }
}

async function withKafka(options: ReplayCommandOptions, config: Config, admin: ReplayAdmin): Promise<number> {
  const request = replayRequest(options, config, options.id ?? newId(), systemClock.now())
  const preparation = await prepareReplay(request, admin)
  if (preparation.kind === 'refused') throw new WrongOption(preparation.reason)
  const { replay: prepared } = preparation
  const target = 'name' in prepared.plan.target ? prepared.plan.target.name : options.toEndpoint
  if (target === undefined) {
    throw new WrongOption(`replay ${prepared.id} goes to a URL, which is not kept: give --to-endpoint again`)
  }
  if (options.dryRun === true) {
    console.log(options.json === true ? dryRunJson(prepared) : dryRunText(prepared))
    return exitCode.success
  }
  if (options.json !== true) console.log(startText(prepared))
  await beginReplay(prepared, admin)
  const end = await run(prepared, target, options, config, admin)
  console.log(options.json === true ? endJson(prepared, end) : endText(end, goOn(options, prepared)))
  return end.end === 'done' && end.refused === 0 && end.lost === 0n ? exitCode.success : exitCode.failure
}

async function run(
  prepared: PreparedReplay,
  target: string,
  { rate }: ReplayCommandOptions,
  config: Config,
  admin: ReplayAdmin,
): Promise<ReplayEnd> {
  const line = new ProgressLine(process.stderr)
  const telemetry = besideLine(createTelemetry({ level: 'warn', format: 'auto' }, 'stderr'), line)
  const pace = new ReplayPace()
  const stopping = new AbortController()
  const stop = stopSignal(() => process.exit(exitCode.failure))
  void stop.received.then(() => stopping.abort())
  try {
    return await runReplay({
      replay: prepared,
      admin,
      openBridge: openReplay(config, { target, maxPerSecond: rate }, telemetry),
      clock: systemClock,
      signal: stopping.signal,
      onProgress: (state) => {
        pace.add(state, systemClock.monotonic())
        const text = progressText(state, pace.rate, pace.secondsLeft(state.total))
        line.show(text, Number(state.done), Number(state.total))
      },
    })
  } finally {
    line.clear()
    stop.release()
  }
}

function goOn({ config, toEndpoint, rate }: ReplayCommandOptions, { id, plan }: PreparedReplay): string {
  return [
    `registry-relay replay -c ${shellWord(config)} --id ${id}`,
    ...('name' in plan.target || toEndpoint === undefined ? [] : [`--to-endpoint ${shellWord(toEndpoint)}`]),
    ...(rate === undefined ? [] : [`--rate ${rate}`]),
  ].join(' ')
}

/** Tells when it was begun, and four characters for those of one second. */
function newId(): string {
  const [day = '', time = ''] = new Date(systemClock.now())
    .toISOString()
    .replaceAll(/[-:]|\..*/g, '')
    .split('T')
  return `${day}-${time}-${systemRandom().toString(36).slice(2, 6).padEnd(4, '0')}`
}

/** Lines of the log stand above the progress line, and not behind what it says at the moment. */
function besideLine(telemetry: Telemetry, line: ProgressLine): Telemetry {
  const over = (logger: Logger): Logger => {
    const cleared =
      (write: Logger['info']): Logger['info'] =>
      (facts, message) => {
        line.clear()
        write(facts, message)
      }
    return {
      debug: cleared((facts, message) => logger.debug(facts, message)),
      info: cleared((facts, message) => logger.info(facts, message)),
      warn: cleared((facts, message) => logger.warn(facts, message)),
      error: cleared((facts, message) => logger.error(facts, message)),
      child: (facts) => over(logger.child(facts)),
    }
  }
  return { ...telemetry, logger: over(telemetry.logger) }
}
