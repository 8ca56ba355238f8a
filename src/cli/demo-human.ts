import type { DemoAddresses } from '../app/demo.ts'
import type { Travelled } from '../app/journey.ts'
import type { DemoOutput } from './demo-output.ts'
import { plainText } from './plain-text.ts'
import { ProgressLine, type Terminal } from './progress-line.ts'
import { type Style, styled } from './styled.ts'

/** For people: what was started, a line per event on its way, and how to point a registry at it. */
export function humanDemo(out: Terminal, progressOut: Terminal): DemoOutput {
  const progress = new ProgressLine(progressOut)
  const style = (format: Style, text: string): string => styled(out, format, text)
  const print = (line = ''): void => {
    progress.clear()
    out.write(`${line}\n`)
  }
  let count = 0

  return {
    progress({ step, detail, done, total }) {
      // The first start fetches server jars: without a terminal to draw on, its stages are still worth a line each.
      if (step === 'look') print(style('dim', detail))
      else progress.show(detail, done, total)
    },
    ready(addresses) {
      print(style('bold', 'registry-relay demo'))
      print()
      for (const [name, where] of parts(addresses)) print(`  ${name.padEnd(16)} ${where}`)
      print()
      print(style('dim', header()))
    },
    delivered(event) {
      count += 1
      print(row(count, event, style))
    },
    finished({ posted, identical, inOrder, problems }) {
      print()
      for (const problem of problems) print(style('red', `  ${plainText(problem)}`))
      const verdict = `${identical} of ${posted} came out byte-identical, ${inOrder ? 'every repository in order' : 'NOT in order'}.`
      print(style(identical === posted && inOrder && problems.length === 0 ? 'green' : 'red', verdict))
    },
    staying({ gateway }) {
      print()
      print(
        "Point a registry at it: put this into the configuration of Docker Distribution or GitLab's registry,",
      )
      print('restart it, and push an image; the events appear here.')
      print()
      print(style('cyan', registryConfiguration(gateway)))
      print()
      print('Ctrl-C stops everything.')
    },
    stopping() {
      print()
      print('stopping ...')
    },
  }
}

function parts({
  gateway,
  brokers,
  schemaRegistry,
  topic,
  management,
  receiver,
  stack,
}: DemoAddresses): [string, string][] {
  return [
    ['Kafka', `${brokers.join(', ')}  (${stack.kafka.name} ${stack.kafka.version}, ${stack.way})`],
    ['schema registry', `${schemaRegistry}  (${stack.schemaRegistry.name} ${stack.schemaRegistry.version})`],
    ['gateway', gateway],
    ['topic', topic],
    ['receiver', receiver],
    ['management', `${management}  (status page, /healthz, /readyz, /metrics)`],
  ]
}

/** The way of one event, left to right: HTTP in, Kafka, HTTP out. */
const columns = [5, 8, 30, 34, 8, 22, 9] as const

function header(): string {
  return line([
    '',
    'HTTP in',
    'repository',
    '-> topic [partition] @ offset',
    'schema',
    '-> HTTP out',
    'latency',
  ])
}

function row(number: number, event: Travelled, style: (format: Style, text: string) => string): string {
  const { action, repository, topic, partition, offset, schemaId, identical, bytes, latencyMs } = event
  const text = line([
    String(number),
    action,
    repository,
    `-> ${topic} [${partition}] @ ${offset}`,
    `id ${schemaId}`,
    `-> ${bytes} B ${identical ? 'identical' : 'DIFFERENT'}`,
    `${latencyMs} ms`,
  ])
  return identical ? text : style('red', text)
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => plainText(cell).padEnd(columns[index] ?? 0))
    .join(' ')
    .trimEnd()
}

function registryConfiguration(gateway: string): string {
  return [
    'notifications:',
    '  endpoints:',
    '    - name: registry-relay',
    `      url: ${gateway}`,
    '      timeout: 1s',
    '      threshold: 5',
    '      backoff: 1s',
  ].join('\n')
}
