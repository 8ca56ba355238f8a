export type { LocalServer } from './local-stack/local-server.ts'
export { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack/local-stack.ts'
export type { OnProgress, StackProgress } from './local-stack/progress.ts'
export type { Way } from './local-stack/way.ts'
