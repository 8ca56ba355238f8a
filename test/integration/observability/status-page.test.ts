import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import type { Readiness } from '../../../src/observability/readiness.ts'
import { launchBrowser, openPage, textAt, type WatchedPage } from '../../support/browser.ts'
import { type Look, type LookOptions, looks, openLook } from '../../support/status-looks.ts'
import { until } from '../../support/until.ts'

let browser: Browser

before(async () => {
  browser = await launchBrowser()
})

after(() => browser.close())

interface Bed extends WatchedPage {
  readonly look: Look
}

async function opened(t: TestContext, options: LookOptions = {}): Promise<Bed> {
  const look = await openLook(options)
  t.after(() => look.close())
  return { look, ...(await openPage(t, browser, look.url)) }
}

/** Lets time pass on the server until the page shows it. */
async function shows(
  { page, look }: Pick<Bed, 'page' | 'look'>,
  selector: string,
  text: RegExp,
): Promise<void> {
  let seen = ''
  await until(
    async () => {
      await look.clock.advance(1_000)
      seen = await textAt(page, selector)
      return text.test(seen)
    },
    { what: () => `${selector} shows ${JSON.stringify(seen)} instead of ${text}` },
  )
}

const connection = (page: Page): Promise<string> => textAt(page, '#connection')

test('tells somebody who has just begun where a registry is to post to', async (t) => {
  const bed = await opened(t, { notificationsUrl: 'http://relay.example.com:8080/notifications' })
  await shows(bed, '#empty', /^No notification yet: point a registry at http:\/\/relay\.example\.com:8080\/n/)
  assert.equal(await textAt(bed.page, '#roles'), 'gateway')
  assert.equal(await textAt(bed.page, '#endpoints-section'), '')
  assert.match(await textAt(bed.page, '#no-problems'), /None since the start/)

  bed.look.figures.count('gateway_events_received_total', 1)
  await shows(bed, '#empty', /^$/)
  assert.deepEqual(bed.complaints, [])
})

test('shows traffic as it comes, without being loaded again', async (t) => {
  const bed = await opened(t, { bridge: ['audit'] })
  await shows(bed, '#throughput [data-key="received"]', /0\/s/)
  for (let second = 0; second < 6; second++) {
    bed.look.figures.count('gateway_events_received_total', 40)
    bed.look.figures.delivered('audit', 40)
    await bed.look.clock.advance(1_000)
  }
  await until(async () => /240 events/.test(await textAt(bed.page, '#throughput [data-key="received"]')))
  assert.match(await textAt(bed.page, '#throughput [data-key="received"] .rate'), /^40\s*\/s$/)
  assert.match(await textAt(bed.page, '#throughput [data-key="delivered"] .rate'), /^40\s*\/s$/)
  assert.equal(await textAt(bed.page, '#endpoints .delivered'), '240')
  assert.equal(await connection(bed.page), 'live')
  assert.deepEqual(bed.complaints, [])
})

test('a page that is opened late shows what went before', async (t) => {
  const look = await openLook()
  t.after(() => look.close())
  for (let second = 0; second < 30; second++) {
    look.figures.count('gateway_events_received_total', second < 15 ? 90 : 0)
    await look.clock.advance(1_000)
  }
  const { page } = await openPage(t, browser, look.url)
  await until(async () => /highest 90\/s/.test(await textAt(page, '#throughput [data-key="received"]')))
  const line = await page.$eval('[data-key="received"] .line', (path) => path.getAttribute('d') ?? '')
  assert.ok(line.split('L').length >= 6, line)
})

test('an endpoint that does not work is said to be so, in red, with its last error', async (t) => {
  const bed = await opened(t, { bridge: ['audit', 'scanner'] })
  await shows(bed, '#endpoints [data-key="endpoint scanner"] .state', /^works$/)
  const colour = (): Promise<string> => colourOf(bed.page, '#endpoints [data-key="endpoint scanner"] .state')
  const before = await colour()

  bed.look.figures.state('scanner', 'open')
  bed.look.logger.warn(
    { component: 'topic-bridge', endpoint: 'scanner', err: new Error('connect ECONNREFUSED 10.0.0.1:80') },
    'attempt failed; it will be made again',
  )
  await shows(bed, '#endpoints [data-key="endpoint scanner"] .state', /^does not work$/)
  assert.match(
    await textAt(bed.page, '#endpoints [data-key="problem of scanner"]'),
    /attempt failed; it will be made again: connect ECONNREFUSED 10\.0\.0\.1:80/,
  )
  assert.equal(await textAt(bed.page, '#endpoints [data-key="endpoint audit"] .state'), 'works')
  assert.match(await textAt(bed.page, '#problems'), /warning\s+topic-bridge\s+scanner\s+attempt failed/)
  const [red = 0, green = 0, blue = 0] = (await colour()).match(/\d+/g)?.map(Number) ?? []
  assert.notEqual(await colour(), before)
  assert.ok(red > 2 * green && red > 2 * blue, await colour())

  bed.look.figures.state('scanner', 'closed')
  await shows(bed, '#endpoints [data-key="endpoint scanner"] .state', /^works$/)
  assert.equal(await colour(), before)
  assert.deepEqual(bed.complaints, [])
})

test('an endpoint that takes nothing is said to fail, though its breaker is closed', async (t) => {
  const bed = await opened(t, { bridge: ['audit', 'scanner'] })
  const attempts = { endpoint: 'scanner', status: 'none', verdict: 'retry' }
  bed.look.figures.count('bridge_attempts_total', 29, attempts)
  await shows(bed, '#endpoints [data-key="endpoint scanner"] .state', /^fails$/)
  assert.equal(await textAt(bed.page, '#endpoints [data-key="endpoint audit"] .state'), 'works')
  bed.look.figures.count('bridge_attempts_total', 1, { ...attempts, status: '2xx', verdict: 'delivered' })
  await shows(bed, '#endpoints [data-key="endpoint scanner"] .state', /^works$/)
  assert.deepEqual(bed.complaints, [])
})

test('tells no lag, and not that there is nothing to deliver, while a bridge is no member of its group', async (t) => {
  let bridge: Readiness = { ready: false, reason: 'no broker answers' }
  const parts = { 'bridge relay.audit': () => bridge }
  const bed = await opened(t, { gateway: false, bridge: ['audit'], parts })
  bed.look.figures.set('bridge_in_flight', 0, { endpoint: 'audit', group: 'relay.audit' })
  await shows(bed, '#endpoints .lag', /^–$/)
  assert.match(await textAt(bed.page, '#endpoints-summary'), /^lag – · 0 dead letters$/)
  assert.equal(await textAt(bed.page, '#empty'), '')
  bridge = { ready: true }
  await shows(bed, '#endpoints .lag', /^0$/)
  assert.match(await textAt(bed.page, '#empty'), /^Nothing to deliver yet/)
  assert.deepEqual(bed.complaints, [])
})

test('says which part is not ready, why and since when', async (t) => {
  let kafka: Readiness = { ready: true }
  const bed = await opened(t, { parts: { kafka: () => kafka, gateway: () => ({ ready: true }) } })
  await shows(bed, '#readiness', /^Ready$/)
  kafka = { ready: false, reason: 'no broker answers' }
  await shows(bed, '#readiness', /^Not ready$/)
  await bed.look.clock.advance(60_000)
  await shows(bed, '#parts', /kafka not ready no broker answers for 1 min/)
  assert.match(await bed.page.title(), /^not ready/)
})

test('what comes from outside is text, never markup', async (t) => {
  const hostile = '<img src=x onerror="document.title = \'owned\'"><script>document.title = "owned"</script>'
  const bed = await opened(t, {
    bridge: [hostile],
    parts: { [hostile]: () => ({ ready: false, reason: hostile }) },
    notificationsUrl: hostile,
  })
  bed.look.logger.error(
    { component: hostile, code: hostile, endpoint: hostile, err: new Error(hostile) },
    hostile,
  )
  await shows(bed, '#problems .sentence', /^<img src=x onerror/)
  assert.match(await textAt(bed.page, '#parts .reason'), /^<img/)
  assert.match(await textAt(bed.page, '#endpoints .name'), /^<img/)
  assert.equal((await bed.page.$$('main img, main script')).length, 0)
  assert.doesNotMatch(await bed.page.title(), /owned/)
  assert.deepEqual(bed.complaints, [])
})

test('says that the connection is lost, and since when; and shows on when the relay is back', async (t) => {
  const bed = await opened(t)
  await shows(bed, '#connection', /^live$/)
  const port = Number(new URL(bed.look.url).port)
  await bed.look.close()
  await until(async () =>
    /connection lost, since \d\d:\d\d:\d\d; trying again/.test(await connection(bed.page)),
  )
  // What was shown last stays to be read.
  assert.match(await textAt(bed.page, '#throughput'), /0 events/)

  const back = await openLook({ port })
  t.after(() => back.close())
  back.figures.count('gateway_events_received_total', 7)
  await until(async () => (await connection(bed.page)) === 'live')
  await shows({ page: bed.page, look: back }, '#throughput', /7 events/)
})

test('comes back from answers that are no stream, as a proxy gives them while the relay is away', async (t) => {
  const bed = await opened(t)
  await shows(bed, '#connection', /^live$/)
  const port = Number(new URL(bed.look.url).port)
  await bed.look.close()
  let asked = 0
  const proxy = createServer((_request, response) => {
    asked++
    response.writeHead(502).end()
  })
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
  // A browser itself asks once and no more.
  await until(() => asked >= 2)
  assert.match(await connection(bed.page), /connection lost/)
  await new Promise((resolve) => proxy.close(resolve).closeAllConnections())

  const back = await openLook({ port })
  t.after(() => back.close())
  await until(async () => (await connection(bed.page)) === 'live')
})

test('works under a path of a proxy', async (t) => {
  const look = await openLook()
  t.after(() => look.close())
  const proxy = createServer((request, response) => {
    const path = /^\/relay(\/.*)$/.exec(request.url ?? '')?.[1]
    if (path === undefined) {
      response.writeHead(404).end()
      return
    }
    get(look.url + path, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      // A stream that is cut on one side is to end on the other.
      pipeline(answer, response, () => undefined)
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close().closeAllConnections())
  const { port } = proxy.address() as AddressInfo
  const { page, complaints } = await openPage(t, browser, `http://127.0.0.1:${port}/relay/`)
  await until(async () => (await connection(page)) === 'live')
  assert.match(await textAt(page, '#service'), /^Version 0\.1\.0/)
  assert.deepEqual(complaints, [])
})

test('a selection of text outlives the next snapshots', async (t) => {
  const bed = await opened(t)
  bed.look.logger.error({}, 'to be copied')
  await shows(bed, '#problems .sentence', /^to be copied$/)
  await bed.page.click('#problems .sentence', { count: 3 })
  bed.look.logger.error({}, 'later')
  await shows(bed, '#problems tr:first-child .sentence', /^later$/)
  const selected = await bed.page.evaluate('getSelection().toString()')
  assert.match(String(selected), /to be copied/)
})

for (const [name, look] of Object.entries(looks)) {
  test(`fits a narrow phone, without scrolling sideways: ${name}`, async (t) => {
    const { url, close } = await look()
    t.after(close)
    const { page, complaints } = await openPage(t, browser, url)
    for (const width of [320, 360, 768, 900, 1_400]) {
      await page.setViewport({ width, height: 700 })
      await page.waitForSelector('main:not([hidden])')
      const needed = Number(await page.evaluate('document.documentElement.scrollWidth'))
      assert.ok(needed <= width, `${needed} px needed of ${width}`)
    }
    assert.deepEqual(complaints, [])
  })

  for (const scheme of ['light', 'dark']) {
    test(`every text can be read (contrast of 4.5) in ${scheme}: ${name}`, async (t) => {
      const { url, close } = await look()
      t.after(close)
      const { page } = await openPage(t, browser, url)
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      await page.waitForSelector('main:not([hidden])')
      assert.deepEqual(await page.evaluate(tooFaint), [])
    })
  }
}

function colourOf(page: Page, selector: string): Promise<string> {
  return page.evaluate(
    `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).color`,
  ) as Promise<string>
}

/** Run in the browser: elements with text of their own whose contrast with the ground below them is under 4.5 (WCAG AA). */
const tooFaint = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor)
      if (colour[3] !== 0) return colour
    }
    return [255, 255, 255]
  }
  return [...document.body.querySelectorAll('*')].flatMap((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!own || !element.checkVisibility() || element.closest('svg, script, noscript')) return []
    const [a, b] = [channels(getComputedStyle(element).color), ground(element)].map(luminance).sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    return ratio < 4.5 ? [element.tagName + ' ' + element.textContent + ' ' + ratio.toFixed(2)] : []
  })
})()`
