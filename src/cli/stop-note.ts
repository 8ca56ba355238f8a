/** Whoever pressed Ctrl-C is told why the command is still there. Nobody reads what is said to another signal. */
export function tellStop(signal: NodeJS.Signals): void {
  if (signal === 'SIGINT') console.error('ends after what is under way; press again to end now')
}
