import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { unexpected } from './registry-answers.ts'
import type { RegistryHttp } from './registry-http.ts'

type Middlewares = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>
type Compatibility = NonNullable<NonNullable<Parameters<SchemaRegistry['register']>[1]>['compatibility']>

export interface RegisterRequest {
  readonly subject: string
  readonly text: string
  /** The level that is set for this very subject; undefined if none is. */
  readonly level: string | undefined
  readonly timeoutMs: number
  readonly clock: Clock
}

/**
 * `register` of @kafkajs/confluent-schema-registry, with what version 3.9 leaves open closed from outside:
 *
 * - It sets a level of its own (BACKWARD) for a subject that has none, over a stricter one for all subjects. With
 *   `compatibility: undefined` *given* it does not; for a subject with a level it insists on being told that one.
 * - It has no timeout: every request of it gets one, and the whole a deadline.
 * - It reports a refused connection as status 400: see {@link translated}.
 * - It drops the headers of answers, `Retry-After` too. A registry that asks for pauses asks so for the request before this
 *   one, which is ours.
 * - Its `retry` option would change a default that all instances in the process share: it is not used. It repeats its
 *   GET three times on its own, and never the POST; our caller does that.
 *
 * An instance for each call: it would keep every schema it ever registered.
 */
export async function registerWithPackage(http: RegistryHttp, request: RegisterRequest): Promise<number> {
  const { subject, text, level, timeoutMs, clock } = request
  const abort = new AbortController()
  const middleware: Middlewares[number] = () => ({
    prepareRequest: (next) =>
      next().then((sent) =>
        sent.enhance({ timeout: timeoutMs, signal: abort.signal, headers: { ...http.headers } }),
      ),
  })
  const registry = new SchemaRegistry({ host: http.url, agent: http.agent, middlewares: [middleware] })

  let cancel = (): void => {}
  const deadline = new Promise<never>((_, reject) => {
    // Two requests, and the pauses between the tries of the first.
    const ms = timeoutMs * 2 + 2_000
    cancel = clock.after(ms, () => {
      reject(unavailable(http, subject, `no answer within ${ms} ms`))
      abort.abort()
    })
  })
  try {
    const registered = registry.register(
      { type: SchemaType.AVRO, schema: text },
      // The package's type asks for a level or no member at all; at run time the difference between a member that is
      // undefined and none is what keeps it from changing the subject.
      { subject, compatibility: level?.toUpperCase() as Compatibility },
    )
    const { id } = await Promise.race([registered, deadline])
    if (Number.isSafeInteger(id)) return id
    throw unavailable(http, subject, 'the answer holds no schema id')
  } catch (thrown) {
    if (thrown instanceof RelayError) throw thrown
    throw translated(http, subject, thrown)
  } finally {
    cancel()
  }
}

/**
 * The package's error has the status and, behind a name, the registry's `message`; its error code is gone. Without such
 * a message it has "Error, status 400: " and the text of the answer, or of the error of a request that got none, to
 * which it gives status 400 as well: neither was said by a schema registry.
 */
function translated(http: RegistryHttp, subject: string, thrown: unknown): RelayError {
  const { status, message } = thrown as { status?: unknown; message?: unknown }
  const said = String(message).replace(/^Confluent_Schema_Registry - /, '')
  if (thrown instanceof Error && thrown.name === 'ConfluentSchemaRegistryArgumentError') {
    // What it could not even read was not sent.
    return new RelayError('SCHEMA_INCOMPATIBLE', `no Avro schema: ${said}`, { cause: thrown })
  }
  if (typeof status !== 'number') return unavailable(http, subject, said, thrown)
  const own = /^Error, status \d+(?:: (.*))?$/s.exec(said)
  const what = `register under ${subject} at ${http.url}`
  if (own === null) {
    return unexpected(what, { status, body: { error_code: status, message: said } })
  }
  return status === 400
    ? unavailable(http, subject, (own[1] ?? said).slice(0, 300), thrown)
    : unexpected(what, { status, body: undefined })
}

function unavailable(http: RegistryHttp, subject: string, reason: string, cause?: unknown): RelayError {
  return new RelayError(
    'SCHEMA_REGISTRY_UNAVAILABLE',
    `register under ${subject} at ${http.url}: ${reason}`,
    { cause },
  )
}
