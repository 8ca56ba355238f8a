/** One thing to be said about a file, and where. */
export interface Finding {
  /** Of the character in the text of the file, from 0. */
  readonly offset: number
  readonly message: string
}
