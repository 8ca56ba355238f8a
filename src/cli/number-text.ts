/** `1,234,567`. */
export function numberText(number: number | bigint): string {
  return number.toLocaleString('en')
}

/** `1 topic`, `2 topics`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `3.5/s`, and from ten on without a fraction. */
export function rateText(perSecond: number): string {
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`
}
