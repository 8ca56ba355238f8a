/** Why a file cannot be read, in words that say what to look at. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  const path = 'path' in error ? String(error.path) : ''
  if (code === 'ENOENT') return `there is no file ${path}`
  if (code === 'EACCES') return `the user that the relay runs as may not read ${path}`
  if (code === 'ENOTDIR') return `a part of the path ${path} is a file`
  if (code === 'EISDIR') return 'the path names a folder'
  return error.message
}
