// What a page costs to load, as the browser counts it: headers and bodies of everything it asked for.
import type { Page } from 'playwright-core'

export interface PageWeight {
  /** The bytes of the page at hand and of all it loaded, once nothing is on its way; null until then. */
  total(): number | null
}

/** Counts from now on, anew with each page. */
export async function weigh(page: Page): Promise<PageWeight> {
  const protocol = await page.context().newCDPSession(page)
  let bytes = new Map<string, number | null>()
  protocol.on('Network.requestWillBeSent', ({ requestId, type, frameId, loaderId }) => {
    if (type === 'Document' && requestId === loaderId && frameId === mainFrame) bytes = new Map()
    bytes.set(requestId, null)
  })
  protocol.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (bytes.has(requestId)) bytes.set(requestId, encodedDataLength)
  })
  protocol.on('Network.loadingFailed', ({ requestId }) => bytes.delete(requestId))
  const { frameTree } = await protocol.send('Page.getFrameTree')
  const mainFrame = frameTree.frame.id
  await protocol.send('Network.enable')
  return {
    total: () => {
      const all = [...bytes.values()]
      return all.length === 0 || all.includes(null) ? null : all.reduce<number>((sum, one) => sum + (one ?? 0), 0)
    },
  }
}
