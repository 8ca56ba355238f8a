import type { Secret } from '../config/secret.ts'
import type { ConnectionFiles } from './watch-connection.ts'
import type { FileTexts } from './watched-files.ts'

export interface HeldFilesOptions<T> {
  /** Those that stand in no file stay as they are. */
  readonly secrets: readonly (Secret | undefined)[]
  /** PEM files with what they say now. */
  readonly pems: FileTexts
  /** What the PEM files are used as. Throws RelayError CONFIG_INVALID when they cannot be. */
  readonly check: (pems: FileTexts) => T
}

/** What the files of a connection say by now: secrets as texts, PEM files as what `check` made of them. */
export class HeldFiles<T> implements ConnectionFiles {
  readonly #check: (pems: FileTexts) => T
  #secrets: FileTexts
  #pems: FileTexts
  #checked: T

  /** @throws what `check` throws */
  constructor({ secrets, pems, check }: HeldFilesOptions<T>) {
    this.#secrets = secretFiles(secrets)
    this.#check = check
    this.#pems = pems
    this.#checked = check(pems)
  }

  get secrets(): FileTexts {
    return this.#secrets
  }

  get pems(): FileTexts {
    return this.#pems
  }

  /** Of the PEM files that are in use. */
  get checked(): T {
    return this.#checked
  }

  textOf(secret: Secret): string {
    return presentText(secret, this.#secrets)
  }

  replaceSecrets(texts: FileTexts): void {
    this.#secrets = texts
  }

  /** @throws what `check` throws, and keeps what it has */
  replacePems(texts: FileTexts): void {
    this.#checked = this.#check(texts)
    this.#pems = texts
  }
}

/** Files that secrets came from, with what they said. */
export function secretFiles(secrets: readonly (Secret | undefined)[]): FileTexts {
  return new Map(
    secrets.flatMap((secret) => (secret?.file === undefined ? [] : [[secret.file, secret.reveal()]])),
  )
}

/** What a secret is by now; `texts`: what files of secrets say. */
export function presentText(secret: Secret, texts: FileTexts): string {
  return (secret.file === undefined ? undefined : texts.get(secret.file)) ?? secret.reveal()
}
