import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'
import { packageVersion } from '../../../src/version.ts'
import {
  type Container,
  type Labels,
  type Manifest,
  manifestFiles,
  manifestsOf,
  type PodSpec,
  resourcesOf,
} from '../../support/manifests.ts'

const common = manifestsOf('common')
const gateways = { spool: manifestsOf('gateway-spool'), kafka: manifestsOf('gateway-kafka') }
const all = [...common, ...gateways.spool, ...gateways.kafka]
const pods = all.flatMap((manifest) => {
  const template = manifest.spec?.template
  return template === undefined ? [] : [{ manifest, ...template }]
})

const named = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name)
  assert.ok(found, `there is a ${kind} ${name}`)
  return found
}

const containersOf = ({ initContainers = [], containers }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
]

/** The configuration as a pod with these variables reads it, and the files of secrets that it asks for. */
function configOf(variables: Readonly<Record<string, string>>): { config: Config; secrets: string[] } {
  const text = named(common, 'ConfigMap', 'registry-relay').data?.['registry-relay.yaml']
  assert.ok(text)
  const secrets: string[] = []
  const config = parseConfig(text, {
    fileName: 'registry-relay.yaml',
    environment: variables,
    readSecret(path) {
      secrets.push(path)
      return new Secret('secret', path)
    },
  })
  return { config, secrets }
}

const environmentOf = ({ env = [] }: Container): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value }) => [name, value]))

test('every kustomization lists the files beside it, and the example of a secret is in none', () => {
  assert.deepEqual(
    resourcesOf('common').toSorted(),
    manifestFiles('common')
      .map((path) => basename(path))
      .filter((file) => file !== 'secret.example.yaml'),
  )
  for (const form of ['gateway-spool', 'gateway-kafka']) {
    assert.deepEqual(resourcesOf(form), ['../common', ...manifestFiles(form).map((path) => basename(path))])
  }
})

test('the image is this version of the package', () => {
  const images = pods.flatMap(({ spec }) => containersOf(spec).map(({ image }) => image))
  assert.ok(images.length >= 5)
  for (const image of images) assert.equal(image, `registry-relay:${packageVersion()}`)
})

test('the configuration is valid in every pod, and each acknowledges as its name says', () => {
  for (const { spec } of pods) for (const container of containersOf(spec)) configOf(environmentOf(container))
  for (const [ackMode, manifests] of Object.entries(gateways)) {
    const [pod] = manifests.flatMap(({ spec }) => spec?.template?.spec ?? [])
    const [container] = pod?.containers ?? []
    assert.ok(container)
    assert.equal(configOf(environmentOf(container)).config.gateway.ackMode, ackMode)
  }
})

test('every file of a secret lies where the secret is mounted, and the example has a key for it', () => {
  const example = Object.keys(named(common, 'Secret', 'registry-relay').stringData ?? {})
  const { secrets } = configOf({})
  assert.ok(secrets.length >= 2)
  assert.deepEqual(secrets.toSorted(), example.map((key) => `/run/secrets/registry-relay/${key}`).toSorted())
  for (const { spec } of pods) {
    for (const { volumeMounts } of containersOf(spec)) {
      assert.ok(volumeMounts.some(({ mountPath }) => mountPath === '/run/secrets/registry-relay'))
    }
  }
})

test('the spool lies below a volume that is larger than it may become', () => {
  const { spool } = configOf({}).config
  const [container] =
    named(gateways.spool, 'StatefulSet', 'registry-relay-gateway').spec?.template?.spec.containers ?? []
  const mount = container?.volumeMounts.find(({ name }) => name === 'spool')
  assert.ok(mount && spool.folder.startsWith(`${mount.mountPath}/`), 'below the mount, not the mount')
  const [claim] =
    named(gateways.spool, 'StatefulSet', 'registry-relay-gateway').spec?.volumeClaimTemplates ?? []
  assert.equal(claim?.metadata.name, 'spool')
  const [, gibibytes] = /^(\d+)Gi$/.exec(claim.spec.resources.requests.storage) ?? []
  assert.ok(spool.maxBytes <= Number(gibibytes) * 2 ** 30 * 0.9)
})

test('ports and probes are those of the configuration', () => {
  const { gateway, management } = configOf({}).config
  assert.equal(gateway.host, '0.0.0.0')
  assert.equal(management.host, '0.0.0.0')
  const services = pods.filter(({ manifest }) => manifest.kind !== 'Job')
  assert.equal(services.length, 3)
  for (const { spec } of services) {
    for (const { ports = [], livenessProbe, readinessProbe, args } of spec.containers) {
      const byName = Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort]))
      const expected = { management: management.port }
      assert.deepEqual(byName, args[0] === 'serve' ? { ...expected, notifications: gateway.port } : expected)
      assert.deepEqual(livenessProbe?.httpGet, { path: '/healthz', port: 'management' })
      assert.deepEqual(readinessProbe?.httpGet, { path: '/readyz', port: 'management' })
    }
  }
  for (const manifests of Object.values(gateways)) {
    const { ports } = named(manifests, 'Service', 'registry-relay-gateway').spec ?? {}
    assert.deepEqual(
      ports?.map(({ port, targetPort }) => [port, targetPort]),
      [[gateway.port, 'notifications']],
    )
  }
  const opened = common
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => spec?.ingress ?? [])
    .flatMap(({ ports }) => ports.map(({ port }) => port))
  assert.deepEqual(opened.toSorted(), [gateway.port, management.port].toSorted())
})

test('every selector finds pods that are there, and a workload its own alone', () => {
  const matching = (labels: Labels): readonly string[] =>
    pods
      .filter(({ metadata }) =>
        Object.entries(labels).every(([name, value]) => metadata.labels[name] === value),
      )
      .map(({ manifest }) => manifest.metadata.name)
  for (const { kind, metadata, spec = {} } of all) {
    const { selector, podSelector } = spec
    const labels = (selector as { matchLabels?: Labels } | undefined)?.matchLabels ?? (selector as Labels)
    const wanted = labels ?? podSelector?.matchLabels
    if (wanted === undefined) continue
    const names = new Set(matching(wanted))
    assert.ok(names.size > 0, `${kind} ${metadata.name} finds pods`)
    if (kind !== 'NetworkPolicy') assert.deepEqual([...names], [metadata.name], kind)
  }
})

test('every pod keeps to the restricted standard and writes nothing but volumes', () => {
  for (const { manifest, spec } of pods) {
    assert.equal(spec.automountServiceAccountToken, false, manifest.metadata.name)
    assert.equal(spec.securityContext['runAsNonRoot'], true)
    assert.equal(spec.securityContext['runAsUser'], 1000)
    assert.deepEqual(spec.securityContext['seccompProfile'], { type: 'RuntimeDefault' })
    for (const { securityContext, volumeMounts } of containersOf(spec)) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      const volumes = new Set([
        ...spec.volumes.map(({ name }) => name),
        ...(manifest.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
      ])
      for (const { name } of volumeMounts) assert.ok(volumes.has(name), name)
    }
  }
})
