// Whether a page can be read where it is shown: what its letters need, the window has.
import type { Page } from 'playwright-core'

/** What would have to be scrolled to sideways, sticks out, or is cut off; nothing, where all is well. */
export function misfits(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const root = document.documentElement
    const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide`] : []
    for (const element of document.querySelectorAll('.frame *')) {
      // Of an input the browser shows a part, and pictures scale as they are told.
      if (element.closest('.hidden, svg, input') !== null) continue
      const { left, right, width } = element.getBoundingClientRect()
      if (width > 0 && (left < -1 || right > root.clientWidth + 1)) found.push(`${element.outerHTML} sticks out`)
      const { overflowX, overflowY } = getComputedStyle(element)
      if (overflowX !== 'visible' && element.scrollWidth > element.clientWidth)
        found.push(`${element.outerHTML} is cut`)
      if (overflowY !== 'visible' && element.scrollHeight > element.clientHeight)
        found.push(`${element.outerHTML} is cut below`)
    }
    return found
  })
}

/** At 200 % of a browser's zoom, which halves the window, and at 200 % of its letters alone (WCAG 1.4.4). */
export async function misfitsEnlarged(page: Page): Promise<readonly string[]> {
  const size = page.viewportSize() ?? { width: 1000, height: 800 }
  const protocol = await page.context().newCDPSession(page)
  await protocol.send('Emulation.setDeviceMetricsOverride', {
    width: size.width / 2,
    height: size.height / 2,
    deviceScaleFactor: 2,
    mobile: false,
  })
  const zoomed = await misfits(page)
  await protocol.send('Emulation.clearDeviceMetricsOverride')
  await protocol.detach()
  await page.setViewportSize(size)
  const letters = (size: string): Promise<void> =>
    page.evaluate((text) => {
      document.documentElement.style.fontSize = text
    }, size)
  await letters('200%')
  const enlarged = await misfits(page)
  await letters('')
  return [...zoomed, ...enlarged]
}
