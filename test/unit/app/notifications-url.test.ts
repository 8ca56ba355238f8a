import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { notificationsUrlOf } from '../../../src/app/notifications-url.ts'

const gateway = { host: '127.0.0.1', port: 8080, path: '/notifications' }

test('is what a registry posts to', () => {
  assert.equal(notificationsUrlOf(gateway), 'http://127.0.0.1:8080/notifications')
  assert.equal(notificationsUrlOf({ ...gateway, host: '::1' }), 'http://[::1]:8080/notifications')
})

test('has the scheme of TLS where the gateway has it', () => {
  const tls = { certificateFile: 'cert.pem', keyFile: 'key.pem' }
  assert.match(String(notificationsUrlOf({ ...gateway, tls })), /^https:/)
})

test('names this host where every address is listened on', () => {
  for (const host of ['0.0.0.0', '::']) {
    assert.equal(notificationsUrlOf({ ...gateway, host }), `http://${hostname()}:8080/notifications`)
  }
})

test('is not known before the start where the system chooses the port', () => {
  assert.equal(notificationsUrlOf({ ...gateway, port: 0 }), undefined)
})
