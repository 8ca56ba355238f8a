import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'

const folder = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url))

/** The part of an object of Kubernetes that tests look at; what a kind does not have is undefined. */
export interface Manifest {
  readonly file: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly spec?: Spec
}

export type Labels = Readonly<Record<string, string>>

interface Spec {
  readonly replicas?: number
  readonly serviceName?: string
  readonly selector?: Labels | { readonly matchLabels: Labels }
  readonly podSelector?: { readonly matchLabels: Labels }
  readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
  readonly ports?: readonly { readonly port: number; readonly targetPort: string }[]
  readonly ingress?: readonly { readonly ports: readonly { readonly port: number }[] }[]
  readonly volumeClaimTemplates?: readonly {
    readonly metadata: { readonly name: string }
    readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } }
  }[]
}

export interface PodSpec {
  readonly terminationGracePeriodSeconds?: number
  readonly automountServiceAccountToken?: boolean
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string }[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

/** Every object of one folder of deploy/kubernetes, in the order of the files. */
export function manifestsOf(name: string): Manifest[] {
  return manifestFiles(name).flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
      // The parser reports what it could read; a test must not go on with half a file.
      if (document.errors[0] !== undefined) throw new Error(`${file}: ${document.errors[0].message}`)
      return { file, ...(document.toJS() as Omit<Manifest, 'file'>) }
    }),
  )
}

/** Paths of the files with objects in one folder of deploy/kubernetes. */
export function manifestFiles(name: string): string[] {
  return readdirSync(join(folder, name))
    .filter((file) => file !== 'kustomization.yaml')
    .sort()
    .map((file) => join(folder, name, file))
}

/** What a kustomization lists under `resources`. */
export function resourcesOf(name: string): string[] {
  const text = readFileSync(join(folder, name, 'kustomization.yaml'), 'utf8')
  return (parse(text) as { resources: string[] }).resources
}
