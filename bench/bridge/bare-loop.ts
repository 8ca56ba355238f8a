import { fileURLToPath } from 'node:url'
import { type Contender, Running, type Task } from './contender.ts'

const program = fileURLToPath(new URL('../rivals/undici-loop.ts', import.meta.url))

/** The ceiling: as many requests in flight, the same bodies, the same HTTP client, and nothing else. */
export class BareLoop implements Contender {
  readonly name = 'bare undici loop'
  readonly topicOf = undefined
  readonly groupOf = (run: string): string => run

  start({ topics, url, inFlight }: Task): Running {
    const parameters = [url, String(inFlight), String(topics.events)]
    return new Running(this.name, [process.execPath, '--import', 'tsx', program, ...parameters])
  }
}
