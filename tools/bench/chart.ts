// The figures as one page that needs nothing else: what is kept of the pass-through's throughput, drawn, and all numbers.
import type { Row } from './measure.ts'
import { type Report, cellsOf, noise, pinningNote, shown, steadyCells, steadyHead, tableHead } from './report.ts'

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const barHeight = 22
const labelWidth = 170
const plotWidth = 520
const widest = 1.2

const at = (ratio: number): number => labelWidth + (Math.min(Math.max(ratio, 0), widest) / widest) * plotWidth

/** A bar for the median, a whisker as wide as the middle half of the windows. */
const bar = (row: Row, line: number): string => {
  const top = line * barHeight + 24
  const middle = top + 8
  const [low, high] = [at(row.ratio - row.spread / 2), at(row.ratio + row.spread / 2)]
  return `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escape(row.case)}</text>
<rect x="${labelWidth}" y="${top}" width="${(at(row.ratio) - labelWidth).toFixed(1)}" height="16" class="${row.case.startsWith('pass') ? 'base' : 'bar'}"/>
<path d="M${low.toFixed(1)} ${middle}H${high.toFixed(1)}" class="whisker"/>
<text x="${labelWidth + plotWidth + 8}" y="${middle + 4}">${shown(row.ratio, 2)}</text>`
}

const chart = (rows: readonly Row[], connections: number): string => {
  const height = rows.length * barHeight + 34
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (mark) =>
      `<path d="M${at(mark)} 18V${height - 10}" class="mark"/><text x="${at(mark)}" y="12" text-anchor="middle">${mark}</text>`,
  )
  const title = `Share of the pass-through's throughput at ${connections} connections`
  return `<h2>${connections} ${connections === 1 ? 'connection' : 'connections'}</h2>
<svg viewBox="0 0 ${labelWidth + plotWidth + 50} ${height}" role="img" aria-label="${title}">${marks.join('')}${rows.map(bar).join('')}</svg>`
}

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string => {
  const row = (tag: 'td' | 'th', cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${row('th', head)}</thead><tbody>${lines.map((cells) => row('td', cells)).join('')}</tbody></table>`
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; font-size: 12px; fill: currentColor }
.bar { fill: #2f6fde } .base { fill: #8a94a6 } .whisker { stroke: currentColor; stroke-width: 2 } .mark { stroke: #8a94a655 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #8a94a655 }
th:first-child, td:first-child { text-align: left }`

export const chartPage = ({ machine, rows, steady }: Report): string => {
  const groups = [...Map.groupBy(rows, (row) => row.connections)]
  const facts = `${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, ${machine.at}; ${pinningNote(machine)}.`
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmark</title><style>${style}</style>
<h1>Benchmark: pass-through, gateway, peers</h1>
<p>${escape(facts)}</p>
<p>Each bar is the median of paired, interleaved windows; its whisker is as wide as the middle half of them. What differs by less than
the control does says nothing: ${escape(noise(rows).join('; '))}.</p>
${groups.map(([connections, group]) => chart(group, connections)).join('\n')}
<h2>All figures</h2>
${table(
  tableHead,
  rows.map((row) => cellsOf(row, rows)),
)}
${steady.length === 0 ? '' : `<h2>Open loop, far from saturation</h2>\n${table(steadyHead, steady.map(steadyCells))}`}
</html>
`
}
