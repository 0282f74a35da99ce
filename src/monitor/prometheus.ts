// The text form of figures (Prometheus exposition format 0.0.4).

export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly values: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[]
}

export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, type, values }) => {
      const lines = values.map(({ labels, value }) => `${name}${labelsText(labels ?? {})} ${value}\n`)
      return `# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}
