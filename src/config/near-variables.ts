import { configFileVariable } from './config-file.ts'
import type { LocatedFinding } from './findings.ts'
import { type KeyNode, pathsOf } from './key-tree.ts'
import { nearestOf } from './nearest.ts'
import { isSettingVariable, variableFor, variablePrefix } from './read-settings.ts'
import type { Environment } from './substitute.ts'

/**
 * Variables of the environment that set nothing, and whose names are a slip of the pen away from one that does, as where there
 * is one underscore between keys. They are no error: orchestrators make such names too.
 */
export function nearVariables(keys: KeyNode, environment: Environment): readonly LocatedFinding[] {
  const known = [configFileVariable, ...pathsOf(keys).map(variableFor)]
  return Object.keys(environment)
    .filter((name) => name.startsWith(variablePrefix) && name !== configFileVariable)
    .filter((name) => !isSettingVariable(name, environment[name]) && !isServiceLink(environment[name]))
    .toSorted()
    .flatMap((name) => {
      if (known.includes(name)) {
        return { place: name, message: 'sets nothing: a block is given as keys and values in { }' }
      }
      const meant = nearestOf(name, known)
      return meant === undefined || Math.abs(meant.length - name.length) > 2
        ? []
        : { place: name, message: `sets nothing; ${meant} was meant?` }
    })
}

/** Kubernetes gives every pod the addresses of services: `REGISTRY_RELAY_GATEWAY_PORT=tcp://10.0.0.1:8080`. */
function isServiceLink(value = ''): boolean {
  return /^(?:tcp|udp|sctp):\/\//.test(value)
}
