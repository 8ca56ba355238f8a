import { isatty } from 'node:tty'
import { pino } from 'pino'
import pretty from 'pino-pretty'
import type { Facts, Logger } from '../telemetry.ts'
import { redactFacts, redactText } from './redact.ts'

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

/**
 * The {@link Logger} port by pino. Every line is written synchronously: a log whose last lines are lost when the process
 * dies is of no use for finding out why it died, and nothing here logs once per event.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level = 'info', format = 'auto', to = 'stdout', service = 'registry-relay', version } = options
  const fd = to === 'stderr' ? 2 : 1
  const terminal = typeof to === 'string' && isatty(fd)
  const lines: LineWriter = typeof to === 'string' ? pino.destination({ dest: fd, sync: true }) : to
  const readable = format === 'pretty' || (format === 'auto' && terminal)
  return new PinoLogger(
    pino(
      {
        level,
        base: { service, version },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Facts come redacted and with errors as plain objects: pino is to add nothing of its own to them.
        serializers: { err: (err: unknown) => err },
      },
      readable ? prettyLines(lines, terminal) : lines,
    ),
  )
}

/** The formatter alone, not pino-pretty's stream: that one passes lines on a tick later, and a dying process has none. */
function prettyLines(lines: LineWriter, colorize: boolean): LineWriter {
  const format = pretty.prettyFactory({
    colorize,
    ignore: 'service,version',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  })
  return { write: (line) => lines.write(format(line)) }
}

class PinoLogger implements Logger {
  readonly #pino: pino.Logger

  constructor(logger: pino.Logger) {
    this.#pino = logger
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
    return new PinoLogger(this.#pino.child(redactFacts(facts)))
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', facts: Facts, message: string): void {
    // Asked first: walking the facts is what costs, and most debug lines are never written.
    if (!this.#pino.isLevelEnabled(level)) return
    this.#pino[level](redactFacts(facts), redactText(message))
  }
}
