import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

/** Debian's, as CI has it; or whichever CHROMIUM_PATH names. */
function chromiumPath(): string {
  const path = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  if (!existsSync(path)) throw new Error(`no browser at ${path}: install chromium, or set CHROMIUM_PATH`)
  return path
}

export function launchBrowser(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: chromiumPath(),
    // Its sandbox refuses to work for root, which is what containers of CI are.
    args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  })
}

/** A page, and everything that it complained of: errors of scripts, of the console, of the content security policy. */
export interface WatchedPage {
  readonly page: Page
  readonly complaints: readonly string[]
}

/** Closed when the test ends. */
export async function openPage(t: TestContext, browser: Browser, url: string): Promise<WatchedPage> {
  const page = await browser.newPage()
  t.after(() => page.close())
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url, { waitUntil: 'domcontentloaded' })
  return { page, complaints }
}

/** What is to be read at a selector; empty where there is nothing, or where it is hidden. */
export async function textAt(page: Page, selector: string): Promise<string> {
  const at = `document.querySelector(${JSON.stringify(selector)})`
  return String(await page.evaluate(`${at}?.checkVisibility() ? ${at}.innerText : ''`))
}
