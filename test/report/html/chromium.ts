import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const path = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((directory) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(directory, name)))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Why there is no browser to test with; false when there is one. */
export const noChromium: string | false = path === undefined && 'needs chromium: no such program in PATH';

/** A browser without a screen, and without a wish to call home. */
export function startChromium(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: path!, args });
}

/** What a page did that it should not have done. */
export interface Watched {
  readonly page: Page;
  /** Errors on the console, exceptions and refusals of the content security policy. */
  readonly complaints: string[];
  /** Addresses other than the page itself and what it holds. */
  readonly requests: string[];
  /** Dialogs that something opened. */
  readonly dialogs: string[];
}

/** A page in a fresh context, watched from before its first byte. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const watched: Watched = { page, complaints: [], requests: [], dialogs: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') watched.complaints.push(message.text());
  });
  page.on('pageerror', (error) => watched.complaints.push(error.message));
  page.on('dialog', (dialog) => {
    watched.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.route('**', (route) => {
    const url = route.request().url();
    if (/^(file|data):/u.test(url)) return route.continue();
    watched.requests.push(url);
    return route.abort();
  });
  return watched;
}
