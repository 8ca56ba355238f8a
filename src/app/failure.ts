/** Something that may fail once, while the program runs, in a way that ends it. */
export class Failure {
  /** Rejects with what failed first. Never resolves. Whoever does not look at it finds the failure in the readiness. */
  readonly failed: Promise<never>
  #reject: (error: Error) => void = () => {}

  constructor() {
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => undefined)
  }

  readonly fail = (error: Error): void => {
    this.#reject(error)
  }
}
