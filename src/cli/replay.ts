import type { OnWait } from '../app/answer-watch.ts'
import { withWatchedAdmin } from '../app/kafka-admin.ts'
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
import { configSource } from './config-options.ts'
import { exitCode, reportUsage } from './failure.ts'
import { tellWait } from './kafka-wait.ts'
import { ProgressLine } from './progress-line.ts'
import {
  dryRunJson,
  dryRunText,
  endJson,
  endText,
  goOnCommand,
  progressText,
  startText,
} from './replay-human.ts'
import { type ReplayCommandOptions, replayRequest, WrongOption } from './replay-options.ts'
import { ReplayPace } from './replay-pace.ts'
import { endNow, tellStop } from './stop-note.ts'

/** `registry-relay replay`. */
export async function replay(options: ReplayCommandOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const line = new ProgressLine(process.stderr)
  const onWait: OnWait = (brokers) => {
    line.clear()
    tellWait(brokers)
  }
  try {
    return await withWatchedAdmin(config.kafka, onWait, (admin) => withKafka(options, config, admin, line))
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error
    return reportUsage('registry-relay replay', error.message)
  }
}

async function withKafka(
  options: ReplayCommandOptions,
  config: Config,
  admin: ReplayAdmin,
  line: ProgressLine,
): Promise<number> {
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
  const end = await run(prepared, target, options, config, admin, line)
  console.log(options.json === true ? endJson(prepared, end) : endText(end, goOnCommand(options, prepared)))
  return end.end === 'done' && end.refused === 0 && end.lost === 0n ? exitCode.success : exitCode.failure
}

async function run(
  prepared: PreparedReplay,
  target: string,
  { rate }: ReplayCommandOptions,
  config: Config,
  admin: ReplayAdmin,
  line: ProgressLine,
): Promise<ReplayEnd> {
  const telemetry = createTelemetry({ level: 'warn', format: 'auto' }, 'stderr')
  const pace = new ReplayPace()
  const stopping = new AbortController()
  const stop = stopSignal({ onImpatience: endNow })
  void stop.received.then((name) => {
    line.clear()
    tellStop(name)
    stopping.abort()
  })
  try {
    return await runReplay({
      replay: prepared,
      admin,
      openBridge: openReplay(config, { target, maxPerSecond: rate }, besideLine(telemetry, line)),
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
    await telemetry.flushTraces()
    stop.release()
  }
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
