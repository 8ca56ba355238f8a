import type { IForbiddenRuleType } from 'dependency-cruiser'

/**
 * The house rules of docs/architecture.md for a machine: which room may import which. What a room is not allowed is
 * forbidden, and a folder that is no room is an error.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  event: [],
  sink: [],
  spool: [],
  avro: ['event'],
  kafka: ['event', 'sink', 'avro'],
  listener: ['event', 'sink/sink\\.ts'],
  http: ['event', 'sink'],
  gateway: ['event', 'avro', 'sink/sink\\.ts', 'sink/watch-abort\\.ts', 'spool'],
  'topic-bridge': ['event', 'http', 'avro', 'sink', 'kafka/[^/]*port\\.ts'],
  config: [],
  testing: ['event', 'sink', 'local-stack'],
  observability: [],
  'local-stack': [],
  operations: [
    'event',
    'sink',
    'spool',
    'avro',
    'kafka',
    'http',
    'topic-bridge',
    'config',
    'observability',
    'local-stack',
  ],
  app: [
    'operations',
    'spool',
    'event',
    'sink',
    'avro',
    'kafka',
    'http',
    'gateway',
    'topic-bridge',
    'config',
    'observability',
    'local-stack',
  ],
  cli: ['app', 'operations', 'config', 'observability', 'event'],
}

/** One library, one room. */
const libraries: Readonly<Record<string, string>> = {
  kafkajs: '^src/kafka/kafkajs/',
  snappy: '^src/kafka/kafkajs/',
  'lz4-napi': '^src/kafka/kafkajs/',
  '@kafkajs/confluent-schema-registry': '^src/avro/',
  avsc: '^src/avro/',
  undici: '^src/http/',
  fastify: '^src/observability/',
  pino: '^src/observability/',
  'pino-pretty': '^src/observability/',
  'prom-client': '^src/observability/metrics\\.ts$',
  '@opentelemetry': '^src/observability/tracing\\.ts$',
  commander: '^src/cli/',
  zod: '^src/config/',
  yaml: '^src/config/',
}

const groundFloor = '^src/(errors|clock|telemetry|version|loopback|pace|present|repeat-filter)\\.ts$'
const entryFiles = '^src/(index|kafka|testing)\\.ts$'
/** The files that own disk or sockets below `app/`; everywhere else they come in as arguments. */
const adapters = [
  '^src/kafka/kafkajs/',
  '^src/kafka/oauth/token-endpoint\\.ts$',
  '^src/gateway/(server|http-server)\\.ts$',
  '^src/http/address-guard\\.ts$',
  '^src/spool/node-(disk|processes)\\.ts$',
  '^src/avro/(event-schema|registry-http|schema-id-file)\\.ts$',
  // Only node:net's arithmetic on addresses.
  '^src/listener/(trusted-proxies|incoming-request)\\.ts$',
]

export const importRules: readonly IForbiddenRuleType[] = [
  ...Object.entries(rooms).map(
    ([room, allowed]): IForbiddenRuleType => ({
      name: `room-${room}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: {
        path: '^src/',
        pathNot: [
          groundFloor,
          `^src/${room}/`,
          ...allowed.map((to) => `^src/${to}${to.endsWith('.ts') ? '$' : '/'}`),
        ],
      },
    }),
  ),
  ...Object.entries(libraries).map(
    ([library, room]): IForbiddenRuleType => ({
      name: `library-${library}`,
      severity: 'error',
      from: { path: '^src/', pathNot: room },
      to: { path: `node_modules/${library}/` },
    }),
  ),
  {
    name: 'every-folder-is-a-room',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: [groundFloor, entryFiles, ...Object.keys(rooms).map((room) => `^src/${room}/`)],
    },
    to: {},
  },
  {
    name: 'ground-floor',
    severity: 'error',
    from: { path: groundFloor },
    to: { path: '^src/', pathNot: groundFloor },
  },
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'entry-files-are-for-users',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: entryFiles },
  },
  {
    name: 'event-is-pure',
    severity: 'error',
    from: { path: '^src/event/' },
    to: { dependencyTypes: ['core'], pathNot: '^(node:)?buffer$' },
  },
  {
    name: 'disk-and-network-in-adapters',
    severity: 'error',
    from: {
      path: '^src/(event|sink|listener|avro|kafka|http|gateway|topic-bridge|spool)/',
      pathNot: adapters,
    },
    to: {
      dependencyTypes: ['core'],
      path: '^(node:)?(fs|fs/promises|net|tls|http|https|http2|dns|dgram|child_process)$',
    },
  },
  {
    name: 'sinks-without-a-kafka-client',
    severity: 'error',
    from: { path: '^src/index\\.ts$' },
    to: { path: 'node_modules/(kafkajs|avsc|@kafkajs)/', reachable: true },
  },
  { name: 'no-test-code', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
]
