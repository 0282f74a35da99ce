// A picture on a page as the camera of a phone sees it.
import jsQR from 'jsqr'
import type { Browser, Locator } from 'playwright-core'

/** What the picture says, by a reader that nobody here wrote. */
export async function scanned(browser: Browser, picture: Locator): Promise<string> {
  const photo = await picture.screenshot()
  const dark = await browser.newPage()
  // A page without a policy, which may look at the pixels.
  const { data, width, height } = await dark.evaluate(async (base64) => {
    const image = new Image()
    image.src = `data:image/png;base64,${base64}`
    await image.decode()
    const canvas = document.createElement('canvas')
    ;[canvas.width, canvas.height] = [image.width, image.height]
    const context = canvas.getContext('2d')
    context?.drawImage(image, 0, 0)
    const pixels = context?.getImageData(0, 0, image.width, image.height).data ?? []
    return { data: [...pixels], width: image.width, height: image.height }
  }, photo.toString('base64'))
  await dark.close()
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data ?? ''
}
