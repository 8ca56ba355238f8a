/** The environment for a program under test: what this run of the tests is told by variables is not for the program. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('REGISTRY_RELAY_')),
  )
}
