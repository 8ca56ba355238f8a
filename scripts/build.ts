// Compiles src/ to dist/ with tsc: the library as modules, the command as a bundle.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { bundleCommand } from './bundle-command.ts'
import { dropUnreached } from './drop-unreached.ts'

rmSync('dist', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
})
await bundleCommand()
chmodSync('dist/cli/main.js', 0o755)
// The last is for the benchmark of the sink, which counts as the command does.
dropUnreached('dist', ['index', 'kafka', 'testing', 'cli/main', 'observability/metrics'])
// What the status page is made of is sent as it is.
cpSync('src/observability/status-page', 'dist/observability/status-page', { recursive: true })
