// Every forgery there is: of any signed JWT, and of the tokens of an issuer.
import { otherKinds, wrongClaims } from './claims.ts'
import { confused, critical, embedded, keyNames, strangers, unsigned } from './headers.ts'
import type { Forge, Hostile, Model } from './model.ts'
import { doubled, misspelled, oversized } from './texts.ts'

const ofAnyJwt = [unsigned, confused, embedded, keyNames, critical, doubled, misspelled, oversized]
const ofTokens = [strangers, wrongClaims, otherKinds]

/** What is wrong whatever the JWT is for. */
export async function forgeries(forge: Forge): Promise<Hostile[]> {
  return (await Promise.all(ofAnyJwt.map((make) => make(forge)))).flat()
}

export async function hostileTokens(model: Model): Promise<Hostile[]> {
  return [...(await forgeries(model)), ...(await Promise.all(ofTokens.map((make) => make(model)))).flat()]
}
