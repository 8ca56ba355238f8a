// Builds the newest Distribution for the tests with real registries, if the cache folder does not have it yet: in a test
// it would be the build that runs into the time limit.
import { registryCommand } from '../test/support/real-registry.ts'

console.log(await registryCommand('3.1'))
