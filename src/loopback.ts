import { isIPv4 } from 'node:net'

/** Whether a host, as a configuration or the Host header names it, without a port, can be nothing but this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  if (name === 'localhost' || name === '::1' || name === '[::1]') return true
  return isIPv4(name) && name.startsWith('127.')
}
