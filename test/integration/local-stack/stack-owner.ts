// A process that starts a stack and waits to be killed: its own end must be the end of the servers.
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'

const stack = await startLocalStack({ ways: ['java'] })
// One server that was killed before: what is left of it must be removed all the same.
await stack.schemaRegistry.kill()
// And one that stands still and hears no signal.
stack.kafka.pause()
process.stdout.write(`${stack.brokers[0]}\n`)
