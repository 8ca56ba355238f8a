/** Says how to make one; no message repeats a secret. */
const howTo = 'make one with: echo "whsec_$(openssl rand -base64 32)"'

/** Why a text cannot be a secret that webhooks are signed with; `undefined` where it can. */
export function webhookSecretProblem(text: string): string | undefined {
  if (!text.startsWith('whsec_')) return `must begin with whsec_; ${howTo}`
  const encoded = text.slice('whsec_'.length)
  if (!/^(?:[\dA-Za-z+/]{4})*(?:[\dA-Za-z+/]{2}==|[\dA-Za-z+/]{3}=)?$/.test(encoded)) {
    return `must be base64 after whsec_; ${howTo}`
  }
  const { length } = Buffer.from(encoded, 'base64')
  return length >= 24 && length <= 64 ? undefined : `must hold 24 to 64 bytes, not ${length}; ${howTo}`
}
