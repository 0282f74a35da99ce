// What the model makes of a sign-in: a score from 0 to 100, and which features made it so. Pure.
import type { FeatureName, Features } from './features.ts'

/** A tree of three questions: seven as in a heap, and after them, at the places 7 to 14, eight answers. */
interface Tree {
  readonly features: readonly FeatureName[]
  readonly thresholds: Float64Array
  /** By place: an answer, or the mean of the two below. */
  readonly means: Float64Array
}

/** As it stands in trained-model.ts: `feature<threshold` seven times, then eight numbers. */
export interface ModelText {
  readonly bias: number
  readonly trees: readonly string[]
}

export interface RiskModel {
  readonly bias: number
  readonly trees: readonly Tree[]
}

export interface Score {
  /** The probability, in a hundred, that it is not the owner, where one sign-in of ten is not. */
  readonly score: number
  /** What each feature adds to the logarithm of the odds. */
  readonly shares: Readonly<Partial<Record<FeatureName, number>>>
}

const questionCount = 7

export function parseModel({ bias, trees }: ModelText): RiskModel {
  return { bias, trees: trees.map(parseTree) }
}

function parseTree(text: string): Tree {
  const words = text.split(' ')
  const questions = words.slice(0, questionCount).map((word) => word.split('<'))
  const means = new Float64Array(questionCount * 2 + 1)
  means.set(words.slice(questionCount).map(Number), questionCount)
  for (let node = questionCount - 1; node >= 0; node -= 1)
    means[node] = ((means[node * 2 + 1] ?? 0) + (means[node * 2 + 2] ?? 0)) / 2
  return {
    // Checked by a test against the names there are.
    features: questions.map(([feature = '']) => feature as FeatureName),
    thresholds: Float64Array.from(questions, ([, threshold]) => Number(threshold)),
    means,
  }
}

export function scoreOf({ bias, trees }: RiskModel, features: Features): Score {
  const shares: Partial<Record<FeatureName, number>> = {}
  let logit = bias
  for (const tree of trees) logit += walk(tree, features, shares)
  return { score: Math.round(100 / (1 + Math.exp(-logit))), shares }
}

/** What changes from a node to the one below it is the share of the feature that was asked about. */
function walk(tree: Tree, features: Features, shares: Partial<Record<FeatureName, number>>): number {
  const { features: asked, thresholds, means } = tree
  let node = 0
  for (let feature = asked[0]; feature !== undefined; feature = asked[node]) {
    const next = node * 2 + (features[feature] < (thresholds[node] ?? 0) ? 1 : 2)
    shares[feature] = (shares[feature] ?? 0) + (means[next] ?? 0) - (means[node] ?? 0)
    node = next
  }
  return means[node] ?? 0
}

/** The features that speak most for its not being the owner, strongest first. */
export function reasonsOf({ shares }: Score, count: number): readonly FeatureName[] {
  return (Object.entries(shares) as [FeatureName, number][])
    .filter(([, share]) => share > 0.1)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([feature]) => feature)
}
