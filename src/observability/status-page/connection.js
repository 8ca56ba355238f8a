/** The server sends something every second. Silence for longer is a connection that is gone without having said so. */
const silenceMs = 6_000
/** A browser gives a stream up for good when the answer is no stream, as while a proxy says 502. */
const againMs = 3_000

/**
 * Keeps a stream of snapshots open, for as long as the page is.
 *
 * @param onSnapshot gets each as an object
 * @param onLost called once each time that the stream ends, with the moment of the last snapshot, if there was one
 */
export function connect(url, onSnapshot, onLost) {
  let source
  let lastAt
  let lost = false
  let watchdog
  let again

  const failed = () => {
    if (!lost) onLost(lastAt)
    lost = true
  }
  const open = () => {
    source?.close()
    clearTimeout(again)
    source = new EventSource(url)
    source.addEventListener('message', ({ data }) => {
      lastAt = new Date()
      lost = false
      listen()
      onSnapshot(JSON.parse(data))
    })
    source.addEventListener('error', () => {
      failed()
      if (source.readyState !== EventSource.CLOSED) return
      clearTimeout(again)
      again = setTimeout(open, againMs)
    })
    listen()
  }
  const listen = () => {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => {
      failed()
      open()
    }, silenceMs)
  }
  open()
}
