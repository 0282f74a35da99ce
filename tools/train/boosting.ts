// Gradient boosting of small trees on the logistic loss (Friedman 2001, with the Newton steps of Chen & Guestrin 2016).
import { type FeatureName, featureNames } from '../../src/threats/risk/features.ts'
import type { ModelText } from '../../src/threats/risk/model.ts'
import type { Sample } from './dataset.ts'

export interface TrainingOptions {
  readonly trees: number
  readonly learningRate: number
  /** Of second derivatives, in each half of a split: about four times as many samples. */
  readonly leastWeight: number
  readonly regularisation: number
}

const names = Object.keys(featureNames) as FeatureName[]
const depth = 3
const bins = 48
/** Always true: a node that nothing can be gained by splitting. */
const always = `${names[0]}<9`

interface Binned {
  readonly edges: readonly (readonly number[])[]
  /** By feature. */
  readonly codes: readonly Uint8Array[]
}

export function train(samples: readonly Sample[], options: TrainingOptions): ModelText {
  const { edges, codes } = binned(samples)
  const labels = Float64Array.from(samples, ({ attack }) => (attack === null ? 0 : 1))
  const share = labels.reduce((sum, label) => sum + label, 0) / labels.length
  const bias = rounded(Math.log(share / (1 - share)))
  const logits = new Float64Array(labels.length).fill(bias)
  const [gradients, weights] = [new Float64Array(labels.length), new Float64Array(labels.length)]
  const trees: string[] = []
  for (let count = 0; count < options.trees; count += 1) {
    for (const [index, label] of labels.entries()) {
      const probability = 1 / (1 + Math.exp(-(logits[index] ?? 0)))
      gradients[index] = label - probability
      weights[index] = probability * (1 - probability)
    }
    trees.push(grow({ edges, codes }, { gradients, weights, logits }, options))
  }
  return { bias, trees }
}

function binned(samples: readonly Sample[]): Binned {
  const columns = names.map((name) => Float64Array.from(samples, ({ features }) => features[name]))
  const edges = columns.map(edgesOf)
  const codes = columns.map((column, feature) => {
    const own = edges[feature] ?? []
    return Uint8Array.from(column, (value) => own.filter((edge) => value >= edge).length)
  })
  return { edges, codes }
}

/** Between different values, at even shares of the samples; as they will be written. */
function edgesOf(column: Float64Array): readonly number[] {
  const sorted = column.toSorted()
  const cuts = Array.from({ length: bins - 1 }, (_, cut) => sorted[Math.floor(((cut + 1) * sorted.length) / bins)] ?? 0)
  const extremes = sorted.at(-1) ?? 0
  const rare = sorted.find((value) => value > (cuts.at(-1) ?? 0)) ?? extremes
  return [...new Set([...cuts, rare, extremes].map(rounded))]
    .filter((edge) => edge > (sorted[0] ?? 0))
    .toSorted((a, b) => a - b)
}

interface State {
  readonly gradients: Float64Array
  readonly weights: Float64Array
  readonly logits: Float64Array
}

/** One tree, added to what the model says of every sample. */
function grow({ edges, codes }: Binned, { gradients, weights, logits }: State, options: TrainingOptions): string {
  const node = new Uint16Array(logits.length)
  const questions: string[] = []
  for (let level = 0; level < depth; level += 1) {
    const first = 2 ** level - 1
    const splits = bestSplits({ edges, codes }, { gradients, weights }, node, { first, count: 2 ** level, options })
    for (const split of splits) {
      const name = split === null ? undefined : names[split.feature]
      questions.push(
        split === null || name === undefined ? always : `${name}<${edges[split.feature]?.[split.bin] ?? 9}`,
      )
    }
    for (let index = 0; index < node.length; index += 1) {
      const at = node[index] ?? 0
      const split = splits[at - first]
      const isLess = split === null || split === undefined || (codes[split.feature]?.[index] ?? 0) <= split.bin
      node[index] = at * 2 + (isLess ? 1 : 2)
    }
  }
  const leaves = mirrored(questions, leavesOf(node, { gradients, weights }, options))
  for (let index = 0; index < node.length; index += 1)
    logits[index] = (logits[index] ?? 0) + (leaves[(node[index] ?? 0) - 7] ?? 0)
  return [...questions, ...leaves].join(' ')
}

interface Split {
  readonly feature: number
  readonly bin: number
}

function bestSplits(
  { edges, codes }: Binned,
  { gradients, weights }: Pick<State, 'gradients' | 'weights'>,
  node: Uint16Array,
  { first, count, options }: { readonly first: number; readonly count: number; readonly options: TrainingOptions },
): (Split | null)[] {
  const best: { split: Split | null; gain: number }[] = Array.from({ length: count }, () => ({
    split: null,
    gain: 1e-6,
  }))
  for (const [feature, code] of codes.entries()) {
    const width = (edges[feature]?.length ?? 0) + 1
    const [sums, masses] = [new Float64Array(count * width), new Float64Array(count * width)]
    for (let index = 0; index < node.length; index += 1) {
      const at = ((node[index] ?? 0) - first) * width + (code[index] ?? 0)
      sums[at] = (sums[at] ?? 0) + (gradients[index] ?? 0)
      masses[at] = (masses[at] ?? 0) + (weights[index] ?? 0)
    }
    for (const [at, known] of best.entries()) {
      const own = {
        sums: sums.subarray(at * width, (at + 1) * width),
        masses: masses.subarray(at * width, (at + 1) * width),
      }
      const found = bestOf(own, options)
      if (found.gain > known.gain) best[at] = { gain: found.gain, split: { feature, bin: found.bin } }
    }
  }
  return best.map(({ split }) => split)
}

function bestOf(
  { sums, masses }: { readonly sums: Float64Array; readonly masses: Float64Array },
  { leastWeight, regularisation }: TrainingOptions,
): { readonly bin: number; readonly gain: number } {
  const value = (sum: number, mass: number): number => (sum * sum) / (mass + regularisation)
  const [sum, mass] = [sums, masses].map((all) => all.reduce((total, one) => total + one, 0)) as [number, number]
  let best = { bin: 0, gain: 0 }
  let [leftSum, leftMass] = [0, 0]
  for (let bin = 0; bin < sums.length - 1; bin += 1) {
    leftSum += sums[bin] ?? 0
    leftMass += masses[bin] ?? 0
    if (leftMass < leastWeight || mass - leftMass < leastWeight) continue
    const gain = value(leftSum, leftMass) + value(sum - leftSum, mass - leftMass) - value(sum, mass)
    if (gain > best.gain) best = { bin, gain }
  }
  return best
}

function leavesOf(
  node: Uint16Array,
  { gradients, weights }: Pick<State, 'gradients' | 'weights'>,
  { learningRate, regularisation }: TrainingOptions,
): number[] {
  const [sums, masses] = [new Float64Array(8), new Float64Array(8)]
  for (let index = 0; index < node.length; index += 1) {
    const leaf = (node[index] ?? 7) - 7
    sums[leaf] = (sums[leaf] ?? 0) + (gradients[index] ?? 0)
    masses[leaf] = (masses[leaf] ?? 0) + (weights[index] ?? 0)
  }
  return Array.from(sums, (sum, leaf) => rounded((learningRate * sum) / ((masses[leaf] ?? 0) + regularisation)))
}

/** Behind a question that is always true nobody gets; the same answers there leave the means of its node alone. */
function mirrored(questions: readonly string[], leaves: readonly number[]): number[] {
  const all = [...leaves]
  for (const [index, question] of [...questions.entries()].toReversed()) {
    if (question !== always) continue
    const level = Math.floor(Math.log2(index + 1))
    const size = all.length / 2 ** level
    const from = (index - (2 ** level - 1)) * size
    all.splice(from + size / 2, size / 2, ...all.slice(from, from + size / 2))
  }
  return all
}

/** As written, so that the model in the repository is the one that was measured. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
