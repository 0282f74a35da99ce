// The picture of a secret, as one path: drawn here and put into the page itself, so that neither a script nor anybody else's
// server sees what it says.
import { encode } from 'uqr'

export interface Picture {
  readonly viewBox: string
  readonly path: string
}

/** Four modules of white around it are part of the standard (ISO/IEC 18004 §9.1). */
const quietZone = 4

export function qrPicture(text: string): Picture {
  const { data, size } = encode(text, { ecc: 'M', border: quietZone })
  const path = data.flatMap((row, y) => runsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`)).join('')
  return { viewBox: `0 0 ${size} ${size}`, path }
}

/** As a file of its own, for programs that ask for one. */
export function qrSvg({ viewBox, path }: Picture): string {
  const box = `<rect width="100%" height="100%" fill="#fff"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}" shape-rendering="crispEdges">${box}<path d="${path}" fill="#000"/></svg>`
}

function runsOf(row: readonly boolean[]): readonly (readonly [x: number, width: number])[] {
  const runs: [number, number][] = []
  row.forEach((isDark, x) => {
    const last = runs.at(-1)
    if (!isDark) return
    if (last !== undefined && last[0] + last[1] === x) last[1] += 1
    else runs.push([x, 1])
  })
  return runs
}
