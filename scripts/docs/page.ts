/** A file, or a part of one, that is made of something else in this repository. */
export interface Page {
  readonly file: string
  /** Of a part: the place is between `<!-- marker begin… -->` and `<!-- marker end -->`. Without it all of the file is made. */
  readonly marker?: string
  /** The text, without a line break at its end. */
  readonly make: () => string
}

/** What the file must be; `before` is what it is, `undefined` where there is none. Throws where the place is missing. */
export function renewed({ file, marker, make }: Page, before: string | undefined): string {
  if (marker === undefined) return `${make()}\n`
  const place = new RegExp(`(<!-- ${marker} begin[^>]*-->\n)[\\s\\S]*?(<!-- ${marker} end -->)`)
  if (before === undefined || !place.test(before)) throw new Error(`${file} has no place for ${marker}`)
  return before.replace(place, (_whole, begin: string, end: string) => `${begin}${make()}\n${end}`)
}
