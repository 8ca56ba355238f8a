/** Settles as `work` does; calls `onAbort` with the reason if the signal is aborted before that. */
export async function watchAbort<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): Promise<T> {
  if (signal === undefined) return work
  const listener = (): void => onAbort(signal.reason)
  signal.addEventListener('abort', listener, { once: true })
  try {
    return await work
  } finally {
    signal.removeEventListener('abort', listener)
  }
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it is aborted; what becomes of `work` after that is
 * ignored.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    watchAbort(work, signal, reject).then(resolve, reject)
  })
}
