import { isRelayError } from '../../../src/errors.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'

/**
 * A process with a spool: `spool-child.ts <folder> <appends>`. Says `open`, then appends so many numbers one after the
 * other and says `ok` or the code of the error for each, `done`, and stays until its input ends.
 */
const [folder = '', appends = '0'] = process.argv.slice(2)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function codeOf(error: unknown): string {
  return isRelayError(error) ? error.code : String(error)
}

try {
  const spool = await FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
  say('open')
  for (let number = 0; number < Number(appends); number++) {
    await spool.append(Buffer.from(String(number))).then(
      () => say('ok'),
      (error: unknown) => say(codeOf(error)),
    )
  }
  say('done')
  process.stdin.on('end', () => void spool.close()).resume()
} catch (error) {
  say(codeOf(error))
}
