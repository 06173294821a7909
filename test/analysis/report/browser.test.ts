import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { type Browser, chromium, type Page } from 'playwright-core';
import { htmlReport } from '../../../src/analysis/report/html.ts';
import {
  errorRun,
  failingRun,
  hostileRun,
  interruptedRun,
  largeRun,
  passingRun,
  type Sample,
} from './sample.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Of whatever Chromium is to do, on a busy machine. */
const LIMIT_MS = 300_000;
const HOSTILE = `<img src=x onerror=alert(1)>"'&amp;`;

const RUNS: Readonly<Record<string, () => Sample>> = {
  passing: passingRun,
  failing: failingRun,
  interrupted: interruptedRun,
  error: errorRun,
  hostile: () => hostileRun(HOSTILE),
  large: () => largeRun(200),
};

describe('the HTML report in Chromium', () => {
  let browser: Browser;
  let folder: string;

  before(async function () {
    if (CHROMIUM === undefined) {
      console.log('      skipped: Chromium is not installed, the report was not opened in a browser');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-report-'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, timeout: LIMIT_MS });
    for (const [name, run] of Object.entries(RUNS)) {
      const { facts, result } = run();
      writeFileSync(join(folder, `${name}.html`), await htmlReport(facts, result));
    }
  });

  after(async () => {
    if (CHROMIUM === undefined) return;
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a report from disk; `complaints` collects console messages, errors, dialogs and requests. */
  async function open(
    name: string,
    width: number,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; complaints: readonly string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    page.setDefaultTimeout(LIMIT_MS);
    const complaints: string[] = [];
    const url = pathToFileURL(join(folder, `${name}.html`)).href;
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (request.url() !== url) complaints.push(`asked for ${request.url()}`);
    });
    page.on('dialog', async (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    await page.goto(url);
    return { page, complaints };
  }

  const unfold = (page: Page): Promise<void> =>
    page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });

  for (const name of Object.keys(RUNS)) {
    it(`opens from disk without a complaint, wide and narrow: ${name}`, async () => {
      for (const width of [1280, 360]) {
        const { page, complaints } = await open(name, width);
        await unfold(page);
        expect(complaints).to.deep.equal([]);
        const tooWide = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(tooWide, `pixels to scroll sideways at ${width}`).to.equal(0);
        await page.close();
      }
    });
  }

  it('shows hostile names as text and runs nothing', async () => {
    const { page, complaints } = await open('hostile', 1280);
    expect(await page.locator('img, script').count()).to.equal(0);
    expect(await page.locator('h1').textContent()).to.equal(`abilene-backup-path${HOSTILE}`);
    expect(await page.locator('#nodes title').first().textContent()).to.equal(`ATLA${HOSTILE}`);
    expect(await page.locator('.plots h3').first().textContent()).to.equal(`video${HOSTILE}`);
    expect(complaints).to.deep.equal([]);
  });

  it('has readable contrast of text in light and dark (WCAG 2.2, 1.4.3)', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open('failing', 1280, scheme);
      await unfold(page);
      const low = await page.evaluate(LOW_CONTRAST);
      expect(low, scheme).to.deep.equal([]);
      await page.close();
    }
  });

  it('is dark where the reader has asked for dark', async () => {
    const background = async (scheme: 'light' | 'dark'): Promise<string> => {
      const { page } = await open('passing', 1280, scheme);
      return String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    };
    expect(await background('light')).not.to.equal(await background('dark'));
  });

  it('has one first heading, no level left out, and headers in every table', async () => {
    const { page } = await open('failing', 1280);
    const levels = await page
      .locator('h1, h2, h3, h4')
      .evaluateAll((all) => all.map((one) => Number(one.tagName[1])));
    expect(levels.filter((level) => level === 1)).to.have.length(1);
    expect(levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1)).to.equal(true);
    const tables = await page.locator('table').count();
    expect(await page.locator('table:has(thead th[scope=col]):has(tbody th[scope=row])').count()).to.equal(
      tables,
    );
    expect(await page.locator('svg[role=img]:not([aria-label])').count()).to.equal(0);
  });

  it('has on its first screen the verdict and the first thing that failed', async () => {
    const { page } = await open('failing', 1280);
    for (const text of ['Failed', 'not recovered: 1,000 of 1,000 packets lost']) {
      const box = await page.getByText(text, { exact: true }).first().boundingBox();
      expect(box === null ? Number.POSITIVE_INFINITY : box.y + box.height, text).to.be.lessThan(800);
    }
  });
});

/** Runs in the page: texts whose contrast with the nearest opaque background is below 4.5 (3 for large text). */
const LOW_CONTRAST = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll('body *:not(svg *)')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '' || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < (large ? 3 : 4.5)) low.push(text.slice(0, 30) + ' ' + contrast.toFixed(2));
  }
  return [...new Set(low)];
})()`;
