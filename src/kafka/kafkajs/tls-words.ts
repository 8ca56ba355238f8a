/** By codes of `node:tls` and alerts of OpenSSL; the first that matches. */
const words: readonly (readonly [code: RegExp, words: string])[] = [
  [/^CERT_HAS_EXPIRED$/, "the broker's certificate, or one that signed it, has expired"],
  [/^CERT_NOT_YET_VALID$/, "the broker's certificate is not valid yet: look at the clocks too"],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_)/,
    "the broker's certificate is of no authority that is trusted here: give the right one (tls.caFile)",
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "the broker's certificate is for another name (see tls.serverName)"],
  [/ALERT_CERTIFICATE_EXPIRED$/, 'the broker refuses our certificate: it has expired'],
  [/ALERT_UNKNOWN_CA$/, 'the broker refuses our certificate: it does not know who signed it'],
  [
    /(ALERT_CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN_A_CERTIFICATE)$/,
    'the broker asks for a certificate of ours (tls.certificateFile)',
  ],
  [
    /ALERT_(BAD|UNSUPPORTED)_CERTIFICATE$|ALERT_CERTIFICATE_(REVOKED|UNKNOWN)$/,
    'the broker refuses our certificate, or wants one: not one of its authorities, expired, or none given',
  ],
  [/ALERT_HANDSHAKE_FAILURE$/, 'the broker refuses the handshake: it may want a certificate of ours'],
  [
    /WRONG_VERSION_NUMBER$|PACKET_LENGTH_TOO_LONG$|^EPROTO$|RECORD_LAYER_FAILURE$/,
    'what answers does not speak TLS at this port: it may be a listener without',
  ],
]

/**
 * Puts what a person can act on in front of the words of a TLS error: OpenSSL names its source file and the alert. An error
 * that is none of TLS is left as it is.
 */
export function sayWhatIsWrong(error: Error & { readonly code?: unknown }): void {
  const { code } = error
  if (typeof code !== 'string') return
  if (code === 'ECONNRESET' && error.message.includes('before secure TLS connection')) {
    error.message = 'closed before TLS stood: the broker is going down, or its listener is one without TLS'
  }
  const known = words.find(([pattern]) => pattern.test(code))
  if (known !== undefined) error.message = `${known[1]} (${code})`
}
