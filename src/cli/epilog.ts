/** Columns of the options above it, where the terminal does not say. */
const width = 80

/** What stands below the options of a help: paragraphs are wrapped, and what is indented, as commands to copy, stays as it is. */
export function epilog(text: string): string {
  const lines = text.split('\n')
  const wrapped: string[] = []
  let paragraph: string[] = []
  const end = (): void => {
    if (paragraph.length > 0) wrapped.push(...wrap(paragraph.join(' ')))
    paragraph = []
  }
  for (const line of lines) {
    if (line !== '' && !line.startsWith(' ')) paragraph.push(line)
    else {
      end()
      wrapped.push(line)
    }
  }
  end()
  return wrapped.join('\n')
}

function wrap(paragraph: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
