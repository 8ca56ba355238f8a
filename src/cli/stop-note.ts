import { exitCode } from './failure.ts'
import { tell } from './tell.ts'

/** Whoever pressed Ctrl-C is told why the command is still there. Nobody reads what is said to another signal. */
export function tellStop(signal: NodeJS.Signals): void {
  if (signal === 'SIGINT') tell('ends after what is under way; press again to end now')
}

/** The second order to stop: what is under way is not waited for. */
export function endNow(signal: NodeJS.Signals): never {
  tell(`ended at once by a second signal (${signal}); what was under way was not waited for`)
  process.exit(exitCode.failure)
}
