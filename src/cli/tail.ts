import { withTail } from '../app/open-tail.ts'
import { stopSignal } from '../app/signals.ts'
import { systemClock } from '../clock.ts'
import { loadConfig } from '../config/load.ts'
import { compactJson } from '../event/json-scanner.ts'
import { momentText, type ReplayMoment } from '../operations/replay-moment.ts'
import { runTail, type TailOptions } from '../operations/tail.ts'
import type { TailedRecord } from '../operations/tail-record.ts'
import { configSource } from './config-options.ts'
import { exitCode, reportUsage } from './failure.ts'
import { tellWait } from './kafka-wait.ts'
import { LineOutput } from './line-output.ts'
import { tailJson } from './tail-json.ts'
import { TailLines } from './tail-line.ts'
import { type TailCommandOptions, tailRequest, WrongTailOption } from './tail-options.ts'
import { tell } from './tell.ts'
import { tellAnew } from './tell-anew.ts'

/** `registry-relay tail`. */
export async function tail(options: TailCommandOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  let request: ReturnType<typeof tailRequest>
  try {
    request = tailRequest(options, config, systemClock.now())
  } catch (error) {
    if (!(error instanceof WrongTailOption)) throw error
    return reportUsage('registry-relay tail', error.message)
  }
  const stopping = new AbortController()
  const output = new LineOutput(process.stdout)
  void output.closed.then(() => stopping.abort())
  const stop = stopSignal({ onImpatience: () => process.exit(exitCode.success) })
  void stop.received.then(() => stopping.abort())
  const print = printer(options, output)
  try {
    await withTail(config, tellWait, (parts) =>
      runTail({
        ...parts,
        ...request,
        clock: systemClock,
        signal: stopping.signal,
        onRecord: print,
        onStart: () => tellStart(request),
        onAway: ({ message }) => tell(`${message}; waiting for it`),
        onAnew: tellAnew,
        onBack: () => tell('Kafka is there again'),
      }),
    )
  } finally {
    stop.release()
  }
  // What is wrong with it is told for every command in one place.
  return output.broken === undefined ? exitCode.success : exitCode.failure
}

function printer(
  { json, envelope, verbose = false }: TailCommandOptions,
  output: LineOutput,
): TailOptions['onRecord'] {
  if (json === true) return (tailed) => output.line(tailJson(tailed))
  if (envelope === true) {
    const lines = new TailLines(process.stderr, { verbose })
    return (tailed) => printEnvelope(tailed, lines, output)
  }
  const lines = new TailLines(process.stdout, { verbose })
  return (tailed) => output.line(lines.of(tailed))
}

/** What is no Envelope does not come between those that are. */
async function printEnvelope(tailed: TailedRecord, lines: TailLines, output: LineOutput): Promise<void> {
  const { content } = tailed
  if (content instanceof Error) console.error(lines.of(tailed))
  else await output.line(compactJson(content.body))
}

function tellStart({ topics, from, follow }: Pick<TailOptions, 'topics' | 'from' | 'follow'>): void {
  if (!follow) return
  tell(`following ${topics.join(', ')} from ${startText(from)}; Ctrl-C ends`)
}

/** In the words of the help. */
function startText(from: ReplayMoment): string {
  if (from.kind === 'earliest') return 'the beginning'
  return from.kind === 'latest' ? 'now' : momentText(from)
}
