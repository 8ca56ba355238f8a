// A replay in a process of its own, to be killed. Its one argument is the run as JSON.
import { type ReplayRun, replayOnce } from './replay-run.ts'

await replayOnce(JSON.parse(process.argv[2] ?? '') as ReplayRun)
