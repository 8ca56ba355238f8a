import { dirname, join } from 'node:path'

/** Whole paths of the package that it cannot do without; the rest is known by its place. */
const needed = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'dist/THIRD-PARTY-LICENSES.txt',
  'dist/cli/main.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/kafka.js',
  'dist/kafka.d.ts',
  'dist/testing.js',
  'dist/testing.d.ts',
  'dist/observability/status-page/index.html',
  'deploy/kubernetes/common/config.yaml',
  'deploy/systemd/registry-relay-bridge.service',
  'deploy/systemd/registry-relay-gateway.service',
  'deploy/systemd/registry-relay.sysusers',
  // Messages name these two.
  'docs/configuration.md',
  'examples/registry-relay.yaml',
  'examples/tracing.mjs',
  'monitoring/grafana/registry-relay.json',
  'monitoring/prometheus/rules.yaml',
  'samples/notifications.jsonl',
  'schemas/config.schema.json',
  'schemas/registry-event.v1.avsc',
  'stack/watch.sh',
]

/** Places with one kind of file each. */
const places = [
  /^dist\/cli\/[\w-]+\.js$/,
  /^dist\/observability\/status-page\/[\w-]+\.(js|css|html|svg)$/,
  /^dist\/(?!cli\/|observability\/)([\w-]+\/)*[\w-]+\.(js|js\.map|d\.ts)$/,
  /^bench\/README\.md$/,
  /^deploy\/kubernetes\/[\w-]+\/[\w.-]+\.yaml$/,
  /^docs\/(recipes\/)?[\w-]+\.md$/,
  /^docs\/images\/[\w-]+\.webp$/,
  /^examples\/[\w-]+\.(ts|yml)$/,
  /^examples\/recipes\/[\w-]+\/pom\.xml$/,
  /^samples\/[\w.-]+\.(jsonl?|md)$/,
  /^schemas\/[\w.-]+\.(avsc|json)$/,
  /^stack\/[\w-]+\/(pom\.xml|log4j2\.properties)$/,
]

/** Links that lead somewhere in a checkout alone: they are for those who read the code. */
const ofCheckout = /^(src|test)\//

/** One line for each link of a page in the package that leads to none of its files. */
export function deadLinks(paths: readonly string[], read: (path: string) => string): string[] {
  const folders = paths.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index)))
  const there = new Set([...paths, ...folders])
  return paths
    .filter((path) => path.endsWith('.md'))
    .flatMap((page) =>
      [...read(page).matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)/g)].flatMap(([, target = '']) => {
        const path = join(dirname(page), target).replace(/\/$/, '')
        return there.has(path) || ofCheckout.test(path)
          ? []
          : `${page} leads to ${target}, which is not packed`
      }),
    )
}

/** One line for each file of the package that is missing or has no place in it. */
export function wrongFiles(paths: readonly string[]): string[] {
  const there = new Set(paths)
  return [
    ...needed.filter((path) => !there.has(path)).map((path) => `${path} is missing`),
    ...paths
      .filter((path) => !needed.includes(path) && !places.some((place) => place.test(path)))
      .map((path) => `${path} has no place in the package`),
  ]
}
