/** Few values, fit for a metric label. */
export type SetupFaultCode = 'address_denied' | 'configuration'

/**
 * Something is wrong with how an endpoint was set up, and was found only when it was used: the address that its name
 * leads to, or a value that changed while the relay runs. No request was sent.
 */
export class SetupFault extends Error {
  override readonly name = 'SetupFault'
  readonly code: SetupFaultCode

  /** @param message names the option, and never a secret */
  constructor(code: SetupFaultCode, message: string) {
    super(message)
    this.code = code
  }
}
