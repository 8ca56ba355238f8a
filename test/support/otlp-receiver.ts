import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A span, as far as tests look at it. Ids are hex; `parent` is empty where there is none. */
export interface ReceivedSpan {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly trace: string
  readonly id: string
  readonly parent: string
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>
  readonly failed: boolean
}

/** `SpanKind` of OTLP. */
export const otlpKind = { server: 2, client: 3, producer: 4, consumer: 5 } as const

interface Value {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly boolValue?: boolean
}

interface KeyValue {
  readonly key: string
  readonly value: Value
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly name: string
        readonly kind: number
        readonly attributes: readonly KeyValue[]
        readonly status?: { readonly code?: number }
      }[]
    }[]
  }[]
}

const failedStatus = 2

/** A collector for traces: OTLP over HTTP, in JSON. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = []
  /** Everything it got, as text. */
  text = ''
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        this.text += text
        if (request.url === '/v1/traces') this.spans.push(...spansOf(JSON.parse(text) as ExportRequest))
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
      })
    })
  }

  static async start(t: TestContext): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      receiver.#server.close()
      receiver.#server.closeAllConnections()
    })
    return receiver
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }
}

function spansOf({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, kind, traceId, spanId, parentSpanId = '', attributes, status }) => ({
        service,
        name,
        kind,
        trace: traceId,
        id: spanId,
        parent: parentSpanId,
        attributes: valuesOf(attributes),
        failed: status?.code === failedStatus,
      })),
    )
  })
}

function valuesOf(attributes: readonly KeyValue[]): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? boolValue : Number(intValue)),
    ]),
  )
}
