// Draws the status page in states that are hard to come by, on a desk and on a phone, in light and dark, to be looked at:
// npm run screenshots [folder]; with --docs only those of docs/, small. Figures and clock are made up, server and page are
// the real ones.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { launchBrowser } from '../test/support/browser.ts'
import { looks } from '../test/support/status-looks.ts'

const forDocs = process.argv.includes('--docs')
const [given = 'screenshots'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const folder = forDocs ? 'docs/images' : given
const widths = { desktop: 1_180, phone: 390 } as const
const documented = ['traffic-desktop-light', 'dead-desktop-dark']

mkdirSync(folder, { recursive: true })
const browser = await launchBrowser()
for (const [name, look] of Object.entries(looks)) {
  const { url, close } = await look()
  const page = await browser.newPage()
  await page.goto(url, { waitUntil: 'domcontentloaded' })
  await page.waitForSelector('main:not([hidden])')
  for (const [device, width] of Object.entries(widths)) {
    for (const scheme of ['light', 'dark']) {
      const shot = `${name}-${device}-${scheme}`
      if (!forDocs || documented.includes(shot)) await draw(page, shot, width, scheme)
    }
  }
  await page.close()
  await close()
}
await browser.close()

async function draw(page: Page, name: string, width: number, scheme: string): Promise<void> {
  await page.setViewport({ width, height: 800, deviceScaleFactor: width < 500 ? 2 : 1 })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  const path = join(folder, forDocs ? `status-page-${name}.webp` : `${name}.png`)
  await page.screenshot({ path, fullPage: true, ...(forDocs ? { type: 'webp', quality: 75 } : {}) })
  console.log(path)
}
