import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { parseConfig } from '../../../src/config/parse.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { freePorts } from '../../../src/local-stack/free-ports.ts'
import { documentedMetrics } from '../../support/documented-metrics.ts'
import { until } from '../../support/until.ts'

const page = readFileSync('docs/delivery.md', 'utf8')
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text)
const head = 'kafka: { brokers: "h:1" }\nschemaRegistry: { url: "http://h/" }\n'

const parse = (text: string) =>
  parseConfig(text, {
    fileName: 'registry-relay.yaml',
    environment: {},
    readSecret: () => assert.fail('there is no file'),
  })

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

test('the receiver on the page takes what is signed with its secret, once, and nothing else', async (t) => {
  const [program = ''] = blocks('js')
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  const [port = 0] = await freePorts(1)
  const receiver = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => receiver.once('exit', resolve))
  t.after(async () => {
    receiver.kill()
    await ended
  })
  let output = ''
  receiver.stdout.on('data', (text) => {
    output += String(text)
  })
  await until(() => accepts(port))

  const url = `http://127.0.0.1:${port}/`
  const request = {
    body: '{"events":[{"id":"e1","action":"push","target":{"repository":"team/äpp"}}]}',
    mediaType: 'application/json',
    eventId: 'e1',
    attempt: 1,
    record: 'registry.events.v1-3@1742',
  }
  const delivery = new HttpDelivery({ url, signingSecrets: [`whsec_${'A'.repeat(32)}`, secret] })
  t.after(() => delivery.close())
  assert.deepEqual(await delivery.deliver(request), { status: 204 })
  assert.deepEqual(await delivery.deliver({ ...request, attempt: 2 }), { status: 204 })
  for (const signingSecrets of [[`whsec_${'A'.repeat(32)}`], []]) {
    const stranger = new HttpDelivery({ url, signingSecrets })
    t.after(() => stranger.close())
    await assert.rejects(stranger.deliver({ ...request, eventId: 'e2' }), {
      code: 'ENDPOINT_MISCONFIGURED',
      facts: { origin: url.slice(0, -1), reason: 'status 401', status: 401 },
    })
  }
  await until(() => output.endsWith('\n'))
  assert.equal(output, 'push team/äpp\n')
})

test('the keys on the page are taken as they stand', () => {
  const [filters = ''] = blocks('yaml')
  const { endpoints } = parse(
    `${head}bridge:\n  endpoints:\n    - name: a\n      url: http://h/\n${filters.replaceAll(/^(?=.)/gm, '      ')}`,
  ).bridge
  assert.deepEqual(endpoints[0]?.only.actions, ['push', 'delete'])
  assert.deepEqual(endpoints[0]?.ignore.userAgents, ['*Trivy*'])
})

test('the registry’s block on the page is read, and the page shows what is said of it', () => {
  const [, block = ''] = blocks('yaml')
  const { endpoints, remarks, notes } = parse(`${head}${block}`).bridge
  const [endpoint] = endpoints
  assert.equal(endpoint?.url, 'https://scanner.example/hook')
  assert.deepEqual(
    endpoint.headers['Authorization']?.map((value) => value.reveal()),
    [`Basic ${Buffer.from('relay:s3cr3t').toString('base64')}`],
  )
  assert.equal(`${[...remarks, ...notes].join('\n')}\n`, blocks('text')[0])
})

test('the metrics that the page names are documented', () => {
  const documented = documentedMetrics()
  const names = page.slice(page.indexOf('## Metrics')).match(/registry_relay_\w+/g) ?? []
  assert.ok(names.length > 4)
  for (const name of names) assert.ok(documented.has(name), name)
})
