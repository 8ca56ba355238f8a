import { isatty } from 'node:tty'
import { pino } from 'pino'
import pretty from 'pino-pretty'
import type { Facts, Logger } from '../telemetry.ts'
import { redactFacts } from './redact.ts'
import { redactText } from './redact-text.ts'
import { terminalLine } from './terminal-line.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel
  /** `auto` (default): readable on a terminal, JSON lines elsewhere. */
  readonly format?: 'auto' | 'pretty' | 'json'
  /** Default `stdout`; a command whose output is data logs to `stderr`. Anything that takes lines, for tests. */
  readonly to?: 'stdout' | 'stderr' | LineWriter
  /** Stands in every line. Default `registry-relay`. */
  readonly service?: string
  readonly version: string
}

/** Takes one line with its line break. */
export interface LineWriter {
  write(line: string): unknown
}

/** A logger of which less or more can be asked while it is in use. */
export interface LevelledLogger extends Logger {
  /** For it and for all of its children, those of before as well. */
  setLevel(level: LogLevel): void
  /** Lines are written for a person's eyes: not as JSON. */
  readonly readable: boolean
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** Shared by a logger and its children: pino gives each child a level of its own. */
interface Threshold {
  level: LogLevel
}

/**
 * The {@link Logger} port by pino. Every line is written synchronously: a log whose last lines are lost when the process
 * dies is of no use for finding out why it died, and nothing here logs once per event.
 */
export function createLogger(options: LoggerOptions): LevelledLogger {
  const { level = 'info', format = 'auto', to = 'stdout', service = 'registry-relay', version } = options
  const fd = to === 'stderr' ? 2 : 1
  const terminal = typeof to === 'string' && isatty(fd)
  const lines: LineWriter = typeof to === 'string' ? pino.destination({ dest: fd, sync: true }) : to
  const readable = format === 'pretty' || (format === 'auto' && terminal)
  return new PinoLogger(
    pino(
      {
        level: 'debug',
        base: { service, version },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Facts come redacted and with errors as plain objects: pino is to add nothing of its own to them.
        serializers: { err: (err: unknown) => err },
      },
      readable ? prettyLines(lines, terminal) : lines,
    ),
    { level },
    readable,
  )
}

/** The formatter alone, not pino-pretty's stream: that one passes lines on a tick later, and a dying process has none. */
function prettyLines(lines: LineWriter, colorize: boolean): LineWriter {
  const format = pretty.prettyFactory({
    colorize,
    ignore: 'service,version',
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    messageFormat(log, _messageKey, _levelLabel, { colors }) {
      const { level: _level, time: _time, service: _service, version: _version, msg, ...facts } = log
      return terminalLine(String(msg), facts, colors.gray)
    },
  })
  return { write: (line) => lines.write(format(line)) }
}

class PinoLogger implements LevelledLogger {
  readonly #pino: pino.Logger
  readonly #threshold: Threshold
  readonly readable: boolean

  constructor(logger: pino.Logger, threshold: Threshold, readable: boolean) {
    this.#pino = logger
    this.#threshold = threshold
    this.readable = readable
  }

  setLevel(level: LogLevel): void {
    this.#threshold.level = level
  }

  debug(facts: Facts, message: string): void {
    this.#write('debug', facts, message)
  }

  info(facts: Facts, message: string): void {
    this.#write('info', facts, message)
  }

  warn(facts: Facts, message: string): void {
    this.#write('warn', facts, message)
  }

  error(facts: Facts, message: string): void {
    this.#write('error', facts, message)
  }

  child(facts: Facts): Logger {
    return new PinoLogger(this.#pino.child(redactFacts(facts)), this.#threshold, this.readable)
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', facts: Facts, message: string): void {
    // Asked first: walking the facts is what costs, and most debug lines are never written.
    const { level: lowest } = this.#threshold
    if (order.indexOf(level) < order.indexOf(lowest)) return
    // Whoever looks for a defect wants every stack; else one that says nothing beside its message hides the line.
    const stacks = lowest === 'debug' ? 'all' : 'unexpected'
    this.#pino[level](redactFacts(facts, stacks), redactText(message))
  }
}
