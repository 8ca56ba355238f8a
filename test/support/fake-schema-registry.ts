import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface LoggedRequest {
  /** Method and path, as `GET /config/topic-value`. */
  readonly line: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: unknown
}

/** Instead of an answer: what a registry in trouble does. Undefined: the ordinary answer. */
export type Trouble = (response: http.ServerResponse, line: string) => boolean

/**
 * A schema registry in memory, for what a real one cannot be made to do on demand: refuse, hang, break off, answer with
 * a page of HTML, hand out its ids again. Its ordinary answers are Confluent's.
 */
export class FakeSchemaRegistry {
  /** Ids to texts. */
  readonly schemas = new Map<number, string>()
  /** Subjects to ids. */
  readonly subjects = new Map<string, number[]>()
  /** Levels set for single subjects. */
  readonly levels = new Map<string, string>()
  /** The one for all others. */
  globalLevel = 'BACKWARD'
  readonly requests: LoggedRequest[] = []
  /** Asked for every request, until it answers false. */
  trouble: Trouble = () => false
  readonly #server: http.Server
  readonly #scheme: string
  #nextId = 1
  #port = 0

  private constructor(tls: https.ServerOptions | undefined) {
    const serve: http.RequestListener = (request, response) => void this.#serve(request, response)
    this.#server = tls === undefined ? http.createServer(serve) : https.createServer(tls, serve)
    this.#scheme = tls === undefined ? 'http' : 'https'
  }

  /** Listens on a free port of 127.0.0.1 until the test ends. */
  static async start(t: TestContext, tls?: https.ServerOptions): Promise<FakeSchemaRegistry> {
    const registry = new FakeSchemaRegistry(tls)
    await registry.restart()
    registry.#port = (registry.#server.address() as AddressInfo).port
    t.after(() => registry.stop())
    return registry
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`
  }

  get lines(): string[] {
    return this.requests.map(({ line }) => line)
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  /** As the operator or another client would: the id. */
  add(subject: string, text: string): number {
    const known = [...this.schemas].find(([, schema]) => schema === text)?.[0]
    const id = known ?? this.#nextId++
    this.schemas.set(id, text)
    const ids = this.subjects.get(subject) ?? []
    if (!ids.includes(id)) this.subjects.set(subject, [...ids, id])
    return id
  }

  /** Starts again without what it knew, as after a loss of its storage. The next schema gets this id. */
  wipe(nextId = 1): void {
    this.schemas.clear()
    this.subjects.clear()
    this.#nextId = nextId
  }

  /** Listens again, on the port it had. */
  async restart(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`
    const body = text === '' ? undefined : JSON.parse(text)
    this.requests.push({ line, headers: request.headers, body })
    if (this.trouble(response, line)) return
    const { status, answer } = this.#answer(request.method ?? '', request.url ?? '', body)
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(JSON.stringify(answer))
  }

  #answer(method: string, url: string, body: { schema?: string; compatibility?: string } | undefined) {
    const [path = ''] = url.split('?')
    const [, room, ...rest] = path.split('/').map(decodeURIComponent)
    const subject = rest[0] ?? ''
    const text = body?.schema ?? ''
    const ids = this.subjects.get(subject)
    if (room === 'schemas') {
      const schema = this.schemas.get(Number(rest[1]))
      return schema === undefined ? error(404, 40403, 'Schema not found') : ok({ schema })
    }
    if (room === 'config' && method === 'PUT') {
      this.levels.set(subject, body?.compatibility ?? '')
      return ok(body)
    }
    if (room === 'config' && rest.length === 0) return ok({ compatibilityLevel: this.globalLevel })
    if (room === 'config') {
      const byDefault = url.includes('defaultToGlobal=true') ? this.globalLevel : undefined
      const level = this.levels.get(subject) ?? byDefault
      return level === undefined
        ? error(404, 40408, `Subject '${subject}' does not have subject-level compatibility configured`)
        : ok({ compatibilityLevel: level })
    }
    if (room === 'compatibility') {
      if (this.subjects.get(rest[1] ?? '') === undefined) return error(404, 40401, 'Subject not found')
      return text.includes('"incompatible"')
        ? ok({ is_compatible: false, messages: ['a field has no default'] })
        : ok({ is_compatible: true })
    }
    if (room === 'subjects' && rest[1] === 'versions' && method === 'POST') {
      if (text.includes('"incompatible"')) return error(409, 409, 'Schema being registered is incompatible')
      return ok({ id: this.add(subject, text) })
    }
    if (ids === undefined) return error(404, 40401, `Subject '${subject}' not found.`)
    if (method === 'GET') return this.#versions(subject, ids, rest[2])
    const id = ids.find((candidate) => this.schemas.get(candidate) === text)
    return id === undefined
      ? error(404, 40403, 'Schema not found')
      : ok({ subject, id, version: 1, schema: text })
  }

  #versions(subject: string, ids: readonly number[], wanted: string | undefined) {
    if (wanted === undefined) return ok(ids.map((_, index) => index + 1))
    const version = wanted === 'latest' ? ids.length : Number(wanted)
    const id = ids[version - 1]
    return id === undefined
      ? error(404, 40402, `Version ${wanted} not found.`)
      : ok({ subject, id, version, schema: this.schemas.get(id) })
  }
}

function ok(answer: unknown) {
  return { status: 200, answer }
}

function error(status: number, code: number, message: string) {
  return { status, answer: { error_code: code, message } }
}
