import { homedir, tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

/** Variables of an environment, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What the machine says about itself, read once at the start of a stack. */
export interface StackEnvironment {
  /** Addresses of brokers that run already (`REGISTRY_RELAY_BROKERS`, a comma list); empty when not given. */
  readonly brokers: readonly string[]
  /** Of a schema registry that runs already (`REGISTRY_RELAY_SCHEMA_REGISTRY`). */
  readonly schemaRegistryUrl: string | undefined
  /** Where server jars are kept: `REGISTRY_RELAY_CACHE`, else the cache folder of the user. */
  readonly cacheDir: string
  /** Folders of Javas named by variables: JAVA_HOME, then JAVA_HOME_21_X64 and the like (build machines). */
  readonly javaHomes: readonly string[]
  /** Folders in which commands are looked for. */
  readonly path: readonly string[]
  /** Folders that hold one Java in each of their folders. */
  readonly javaFolders: readonly string[]
  readonly temporaryDir: string
  /** A Docker daemon elsewhere, when one is set: its ports are not on the loopback of this machine. */
  readonly remoteDocker: string | undefined
  /** For child processes. */
  readonly variables: Variables
}

/** Reads the variables of this process, or those given (tests). */
export function readEnvironment(variables: Variables = process.env): StackEnvironment {
  const home = variables['HOME'] || homedir()
  const cacheHome = variables['XDG_CACHE_HOME'] || join(home, '.cache')
  const dockerHost = variables['DOCKER_HOST'] || undefined
  return {
    brokers: list(variables['REGISTRY_RELAY_BROKERS'], ','),
    schemaRegistryUrl: variables['REGISTRY_RELAY_SCHEMA_REGISTRY'] || undefined,
    cacheDir: variables['REGISTRY_RELAY_CACHE'] || join(cacheHome, 'registry-relay'),
    javaHomes: namedJavas(variables),
    path: list(variables['PATH'], delimiter),
    javaFolders: javaFoldersOf(home),
    // Servers run in folders of their own, from where a relative path leads elsewhere.
    temporaryDir: resolve(variables['TMPDIR'] || tmpdir()),
    remoteDocker: dockerHost === undefined || dockerHost.startsWith('unix:') ? undefined : dockerHost,
    variables,
  }
}

/** Sorted, so that the same machine makes the same choice each time. */
function namedJavas(variables: Variables): string[] {
  const others = Object.keys(variables).filter((name) => /^JAVA_HOME_\d+/.test(name))
  return ['JAVA_HOME', ...others.sort()].flatMap((name) => variables[name] || [])
}

function javaFoldersOf(home: string): string[] {
  return [
    '/usr/lib/jvm',
    '/usr/java',
    '/opt/java',
    '/Library/Java/JavaVirtualMachines',
    join(home, '.sdkman', 'candidates', 'java'),
    join(home, '.jdks'),
  ]
}

/** Blanks and empty items are typing, not addresses. */
function list(text: string | undefined, separator: string): string[] {
  return (text ?? '')
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/**
 * Variables for a server of ours. Both servers take settings from variables too, and a machine with a container
 * registry on it is the very place where REGISTRY_… variables meant for another program are set.
 */
export function variablesForServer(variables: Variables): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && !/^(QUARKUS|APICURIO|REGISTRY|KAFKA)_/.test(name)) kept[name] = value
  }
  return kept
}
