import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { promisify } from 'node:util'

const page = readFileSync('docs/notifications.md', 'utf8')
const rows = page
  .slice(page.indexOf('## From Go'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line.split(' | ').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')),
  )

/** Every exported name of Distribution's package (2019) and of GitLab's event file. */
const goNames = [
  'EventActionPull EventActionPush EventActionMount EventActionDelete EventActionRename EventsMediaType ErrSinkClosed',
  'Listen ActorRecord BlobListener Broadcaster NewBroadcaster Broadcaster.Close Broadcaster.Write Endpoint NewEndpoint',
  'Endpoint.Name Endpoint.ReadMetrics Endpoint.URL EndpointConfig EndpointMetrics Envelope Event Event.Target Listener',
  'NewBridge ManifestListener RepoListener RequestRecord NewRequestRecord Sink SourceRecord URLBuilder',
  'Meta Target Rename RenameType NameRename NamespaceRename Event.artifact layerMediaType',
]
  .join(' ')
  .split(' ')

test('every exported name of the Go packages has its row in the table', () => {
  const listed = new Set(rows.flatMap(([go = []]) => go))
  assert.deepEqual(
    goNames.filter((name) => !listed.has(name)),
    [],
  )
})

test('every name that the table gives as ours is exported', () => {
  const source = readFileSync('src/index.ts', 'utf8')
  const lists = [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)].map(([, list]) => list ?? '')
  const exported = new Set(
    lists.flatMap((list) => list.split(',').map((name) => name.trim().replace('type ', ''))),
  )
  const ours = rows.flatMap(([, here = []]) => here)
  assert.ok(ours.length >= 50, `${ours.length} names`)
  assert.deepEqual(
    ours.filter((name) => !exported.has(name)),
    [],
  )
})

test('the program on the page runs as it stands, and its endpoint gets the event', async (t) => {
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? []
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
    request.on('end', () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const here = program.replace('http://127.0.0.1:8000', `http://127.0.0.1:${address.port}`)
  assert.notEqual(here, program)
  const parameters = ['--import', 'tsx', '--input-type=module', '--eval', here]
  await promisify(execFile)(process.execPath, parameters)
  assert.match(
    bodies.join(''),
    /"action": "delete",\s+"target": \{[^}]*"repository": "team\/app",\s+"tag": "1\.0"/,
  )
})
