import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { createLogger, type LevelledLogger, type LoggerOptions } from '../../../src/observability/logger.ts'

function recorded(options: Partial<LoggerOptions> = {}): { logger: LevelledLogger; lines: string[] } {
  const lines: string[] = []
  const to = { write: (line: string) => lines.push(line) }
  return { logger: createLogger({ version: '1.2.3', to, ...options }), lines }
}

test('writes one JSON line with time, level by name, service, version, facts and the sentence', () => {
  const { logger, lines } = recorded()
  logger.info({ port: 8080 }, 'listening')
  assert.equal(lines.length, 1)
  assert.ok(lines[0]?.endsWith('\n'))
  const line = JSON.parse(String(lines[0]))
  assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  delete line.time
  assert.deepEqual(line, {
    level: 'info',
    service: 'registry-relay',
    version: '1.2.3',
    port: 8080,
    msg: 'listening',
  })
})

test('writes at the level asked for and above, and nothing at silent', () => {
  const { logger, lines } = recorded({ level: 'warn' })
  logger.debug({}, 'a')
  logger.info({}, 'b')
  logger.warn({}, 'c')
  logger.error({}, 'd')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['c', 'd'],
  )
  const silent = recorded({ level: 'silent' })
  silent.logger.error({}, 'e')
  assert.deepEqual(silent.lines, [])
})

test('does not even look at the facts of a line that is not written', () => {
  const { logger, lines } = recorded({ level: 'info' })
  const facts = {
    get costly(): never {
      throw new Error('was read')
    },
  }
  logger.debug(facts, 'not written')
  assert.deepEqual(lines, [])
})

test('children carry their facts, redacted as well', () => {
  const { logger, lines } = recorded()
  logger.child({ component: 'gateway', password: 'canary' }).child({ part: 1 }).warn({ n: 2 }, 'slow')
  const line = JSON.parse(String(lines[0]))
  assert.deepEqual(
    [line.component, line.password, line.part, line.n, line.level],
    ['gateway', '[redacted]', 1, 2, 'warn'],
  )
})

test('never writes a secret: not from facts, errors, nor the sentence itself, in neither format', () => {
  for (const format of ['json', 'pretty'] as const) {
    const { logger, lines } = recorded({ format, level: 'debug' })
    const err = Object.assign(new Error('401 from http://ci:canary@registry'), {
      config: { headers: { authorization: 'Bearer canary' } },
    })
    logger.error(
      { err, headers: { authorization: 'Bearer canary' } },
      'sent Bearer canary to http://u:canary@h',
    )
    assert.equal(lines.length, 1)
    assert.doesNotMatch(lines.join(''), /canary/)
    assert.match(lines.join(''), /401 from/)
  }
})

test('pretty shows level, sentence and facts readably, without the fields every line has', () => {
  const { logger, lines } = recorded({ format: 'pretty' })
  logger.info({ topic: 'registry.events.v1' }, 'ready')
  assert.match(String(lines[0]), /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: ready topic=registry\.events\.v1\n$/)
})

test('pretty shows what failed, as it does every few seconds in an outage, in one line', () => {
  const { logger, lines } = recorded({ format: 'pretty' })
  const cause = new Error('connect ECONNREFUSED')
  logger.warn({ err: new RelayError('KAFKA_UNAVAILABLE', 'nobody answers', { cause }) }, 'failed')
  assert.match(
    String(lines[0]),
    /WARN: failed err=KAFKA_UNAVAILABLE: nobody answers \(Error: connect ECONNREFUSED\)\n$/,
  )
  assert.equal(lines.join('').split('\n').length, 2)
})

test('the last line before the process ends is written, to the stream asked for, as JSON where there is no terminal', () => {
  const program = `
    import { createLogger } from './src/observability/logger.ts'
    createLogger({ version: '1', to: 'stdout' }).error({}, 'last words')
    process.exit(0)`
  const out = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: new URL('../../../', import.meta.url),
  })
  assert.equal(JSON.parse(out).msg, 'last words')
})

test('the level changes for the logger and for children that were there before', () => {
  const { logger, lines } = recorded({ level: 'warn' })
  const child = logger.child({ component: 'a' }).child({ part: 'b' })
  child.info({}, 'too little')
  logger.setLevel('debug')
  child.debug({}, 'now')
  logger.setLevel('silent')
  child.error({}, 'nothing any more')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['now'],
  )
})

test('what may pass by itself prints no stack, nor does what it comes from; a defect does, and at debug all', () => {
  const cause = new Error('refused', { cause: new Error('socket') })
  const away = new RelayError('KAFKA_UNAVAILABLE', 'away', { cause, facts: { last: new Error('before') } })
  const stacks = (error: Error, level: 'info' | 'debug' = 'info'): number => {
    const { logger, lines } = recorded({ level })
    logger.warn({ err: error }, 'x')
    return String(lines[0]).split('"stack"').length - 1
  }
  assert.equal(stacks(away), 0)
  assert.equal(stacks(away, 'debug'), 4)
  assert.equal(stacks(cause), 2)
  assert.equal(stacks(new RelayError('SPOOL_FAILED', 'disk', { cause })), 3)
  // It wraps what is expected, and is a defect itself.
  assert.equal(stacks(new TypeError('x', { cause: away })), 1)
})
