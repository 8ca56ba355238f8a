/** What is printed in place of a secret. */
export const masked = '[secret]'

const secretWords =
  /pass(?:word|wd|wort|phrase)|secret|token|credential|authori[sz]ation|cookie|signature|(?:api|private|access|account|shared)[-_]?key/i

/** True for the name of a key, a header or a parameter of a query whose value is hardly meant for everybody. */
export function isSecretName(name: string): boolean {
  return secretWords.test(name) || /^(?:key|pass|pwd|sig|auth|x-auth.*)$/i.test(name)
}

/** The text without user name and password in its URLs, and without the values of parameters that name secrets. */
export function maskUrls(text: string): string {
  return text
    .replaceAll(/(:\/\/)[^\s/?#]*@/g, `$1${masked}@`)
    .replaceAll(/([?&])([^=&#\s]+)=([^&#\s]*)/g, (whole, mark: string, name: string) =>
      isSecretName(name) ? `${mark}${name}=${masked}` : whole,
    )
}
