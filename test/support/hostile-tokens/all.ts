// Every hostile token there is, made against one issuer.
import { otherKinds, wrongClaims } from './claims.ts'
import { confused, critical, embedded, keyNames, unsigned } from './headers.ts'
import type { Hostile, Model } from './model.ts'
import { doubled, misspelled, oversized } from './texts.ts'

const makers = [
  unsigned,
  confused,
  embedded,
  keyNames,
  critical,
  doubled,
  misspelled,
  oversized,
  wrongClaims,
  otherKinds,
]

export async function hostileTokens(model: Model): Promise<Hostile[]> {
  return (await Promise.all(makers.map((make) => make(model)))).flat()
}
