export interface RawAnswer {
  readonly status: number
  readonly body: string
}

/**
 * What a connection was answered, read by the letter of HTTP/1.1: status line, header lines, Content-Length.
 *
 * @throws Error saying what is wrong, unless `cut`: then the last answer may be a part of one, and is left out.
 */
export function answersOf(bytes: Buffer, cut: boolean): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes.toString('latin1')
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) {
      if (cut) return answers
      throw new Error('an answer without an end of its head')
    }
    const { status, length } = headOf(rest.slice(0, end))
    rest = rest.slice(end + 4)
    // To HEAD goes the length alone.
    const headOnly = status === 405 && (rest === '' || rest.startsWith('HTTP/1.1 '))
    if (!headOnly && rest.length < length) {
      if (cut) return answers
      throw new Error(`an answer ${status} of ${rest.length} bytes instead of ${length}`)
    }
    const body = headOnly ? '' : rest.slice(0, length)
    rest = rest.slice(body.length)
    if (status !== 100) answers.push({ status, body })
  }
  return answers
}

function headOf(head: string): { readonly status: number; readonly length: number } {
  const [statusLine = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.1 ([1-5]\d\d) [A-Za-z -]+$/.exec(statusLine)?.[1]
  if (status === undefined) throw new Error(`a status line ${JSON.stringify(statusLine.slice(0, 80))}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z-]+): ([ -~]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`a header line ${JSON.stringify(line)}`)
    headers.set(name.toLowerCase(), value)
  }
  const length = headers.get('content-length')
  if (status === '100') return { status: 100, length: 0 }
  if (length === undefined) throw new Error(`an answer ${status} without Content-Length`)
  if (headers.has('transfer-encoding')) throw new Error('Content-Length and Transfer-Encoding')
  return { status: Number(status), length: Number(length) }
}
