import { type Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

export interface Sending {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Buffer | string
  /** Default: a new connection, as registries do it. */
  readonly agent?: Agent
  /** How long the sender waits for its answer. Default: 30 s. */
  readonly patienceMs?: number
}

/** Rejects when there is no answer in time. */
export function send(url: string, sending: Sending): Promise<Answer> {
  const { method = 'POST', headers = {}, body, agent = false, patienceMs = 30_000 } = sending
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patienceMs)
    const outgoing = request(
      url,
      { method, headers: { ...headers } as NodeJS.Dict<string | string[]>, agent, signal },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** An Envelope that any registry might send. */
export function honestBody(id: string): string {
  return JSON.stringify({
    events: [{ id, action: 'push', target: { repository: 'library/app', digest: 'sha256:0' } }],
  })
}

export const honestHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'application/vnd.docker.distribution.events.v1+json',
}

/** Works through a list with so many at a time; ends, and rejects, with the first failure. */
export async function inParallel<T>(
  list: Iterable<T>,
  workers: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  // All workers take from one iterator, which is closed as soon as one of them leaves its loop.
  const numbered = numberedItems(list)
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const [index, item] of numbered) await work(item, index)
    }),
  )
}

function* numberedItems<T>(list: Iterable<T>): Generator<readonly [number, T], void, undefined> {
  let index = 0
  for (const item of list) yield [index++, item]
}
