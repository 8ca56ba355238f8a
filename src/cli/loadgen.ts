import { ReceiverEnd, TopicEnd } from '../app/loadgen-far-ends.ts'
import { loadPoster } from '../app/loadgen-poster.ts'
import { stopSignal } from '../app/signals.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { isConfigured, loadConfig } from '../config/load.ts'
import { redacts } from '../config/redacts.ts'
import { mediaTypeOf } from '../event/profile.ts'
import { type FarEnd, isClean, type LoadProgress, runLoadgen } from '../operations/loadgen.ts'
import { gatewayProblem } from '../operations/loadgen-post.ts'
import { configSource } from './config-options.ts'
import { exitCode } from './failure.ts'
import { tellWait } from './kafka-wait.ts'
import { type LoadgenCommandOptions, loadHeaders, loadRequest, verification } from './loadgen-options.ts'
import { loadJson, loadProgressText, loadText } from './loadgen-text.ts'
import { ProgressLine } from './progress-line.ts'
import { tell } from './tell.ts'
import { tellAnew } from './tell-anew.ts'

const progressMs = 100
const defaultReceiver = { host: '127.0.0.1', port: 8_090 }

/** `registry-relay loadgen`. */
export async function loadgen(options: LoadgenCommandOptions): Promise<number> {
  const request = loadRequest(options)
  const source = configSource(options)
  const configured = isConfigured(source)
  const where = verification(options, configured)
  // What a bridge posts is altered where the gateway of its configuration redacts.
  const isRead = where === 'topic' || (where === 'receiver' && configured)
  const config = isRead ? loadConfig(source) : undefined
  const line = new ProgressLine(process.stderr)
  const farEnd = farEndOf(where, config, options, line)
  const post = loadPoster({
    url: options.url,
    headers: loadHeaders(options),
    timeoutMs: options.timeout,
    keepConnection: false,
  })
  const stopping = new AbortController()
  const givingUp = new AbortController()
  const stop = stopSignal({ onImpatience: () => givingUp.abort() })
  void stop.received.then((signal) => {
    line.clear()
    if (signal === 'SIGINT') tell('posts no more; press again to end without waiting')
    stopping.abort()
  })
  try {
    const problem = await gatewayProblem(post, mediaTypeOf(request.profile), givingUp.signal)
    if (problem !== undefined) {
      tell(problem)
      return exitCode.failure
    }
    const report = await runLoadgen({
      ...request,
      farEnd,
      alteredAllowed:
        options.allowAltered === true || (config !== undefined && redacts(config.gateway.redact)),
      post: () =>
        loadPoster({
          url: options.url,
          headers: loadHeaders(options),
          timeoutMs: options.timeout,
          keepConnection: options.as === 'gitlab',
        }),
      clock: systemClock,
      stop: stopping.signal,
      giveUp: givingUp.signal,
      onProgress: progressOn(line),
    })
    line.clear()
    console.log(options.json === true ? loadJson(report) : loadText(report, where))
    return isClean(report) === false ? exitCode.failure : exitCode.success
  } finally {
    line.clear()
    stop.release()
  }
}

function farEndOf(
  where: ReturnType<typeof verification>,
  config: Config | undefined,
  options: LoadgenCommandOptions,
  line: ProgressLine,
): FarEnd | undefined {
  if (where === 'none') return undefined
  if (where === 'topic' && config !== undefined) {
    return new TopicEnd(config, {
      onWait: (brokers) => {
        line.clear()
        tellWait(brokers)
      },
      onAnew: (topic) => {
        line.clear()
        tellAnew(topic)
      },
    })
  }
  const { host, port } = options.receiver ?? defaultReceiver
  return new ReceiverEnd(host, port, (url) => tell(`the receiver listens on ${url}`))
}

/** Several hundred events a second are too many for a line. */
function progressOn(line: ProgressLine): (progress: LoadProgress) => void {
  const began = systemClock.monotonic()
  let shownAt = Number.NEGATIVE_INFINITY
  return (progress) => {
    const now = systemClock.monotonic()
    if (now - shownAt < progressMs) return
    shownAt = now
    const { taken, total } = progress
    line.show(loadProgressText(progress, taken / Math.max(0.001, (now - began) / 1_000)), taken, total)
  }
}
